extension Schema {
    /// Multi-Region keys. A key is one row in each of its Regions, of one id; what they share is in each of the rows, and
    /// changes in all of them at once. A material has an object of its own in each Region, so what version 1 says of
    /// object_id stays true.
    static let multiRegion = """
        -- Where the primary key of the set is; null for single-Region keys.
        ALTER TABLE key ADD COLUMN primary_region TEXT
            CHECK (primary_region IS NULL OR length(primary_region) BETWEEN 1 AND 32);
        -- In days: how long a primary waits for its end when the last of its replicas is gone.
        ALTER TABLE key ADD COLUMN pending_window INTEGER CHECK (pending_window > 0);
        """
}
