internal import KMSCore

/// The rules of keys and of what stands beside them.
extension InMemoryMetadata {
    mutating func save(_ key: Key) throws(KMSError) {
        let numbers = Set(key.materials.map(\.number))
        try require(numbers.count == key.materials.count, "a key's materials need numbers of their own")
        try require(!numbers.contains(0), "materials count from 1")
        try require(
            key.currentMaterial == 0 || numbers.contains(key.currentMaterial), "a key needs its current material"
        )
        try require(key.materials.allSatisfy { $0.id.count == 32 }, "a material's id has 32 bytes")
        try require((key.rotation.periodInDays ?? 1) > 0, "a rotation period has a day or more")
        try require(key.rotation.onDemandCount >= 0, "rotations on demand are counted from zero")
        let others = keys.values.filter { $0.address != key.address }.flatMap(\.materials)
        let objects = (others + key.materials).map(\.reference.object)
        try require(Set(objects).count == objects.count, "materials need objects of their own")

        let keyStore = key.customKeyStore
        try require(keyStore.map { customKeyStores[$0] != nil } ?? true, "a key needs its custom key store")
        if let xksKeyID = key.xksKeyID {
            let others = keys.values.filter { $0.address != key.address }
            try require(
                keyStore != nil && !others.contains { $0.customKeyStore == keyStore && $0.xksKeyID == xksKeyID },
                "keys of a key store need external keys of their own")
        }
        if let exposure = key.exposure {
            let isTaken = keys.values.contains { $0.address != key.address && $0.exposure?.name == exposure.name }
            try require(!isTaken, "a store exposes one key under an id")
        }

        var saved = key
        saved.materials.sort { $0.number < $1.number }
        for index in saved.materials.indices {
            let number = saved.materials[index].number
            let before = keys[key.address]?.materials.first { $0.number == number }?.reservedEncryptions ?? 0
            saved.materials[index].reservedEncryptions = max(saved.materials[index].reservedEncryptions, before)
        }
        keys[key.address] = saved
    }

    mutating func remove(_ address: KeyAddress) {
        keys[address] = nil
        lastUsages[address] = nil
        aliases = aliases.filter { $0.value.scope != address.scope || $0.value.target != address.id }
        grants = grants.filter { $0.key.key != address }
    }

    mutating func save(_ alias: Alias) throws(KMSError) {
        try require(keys[KeyAddress(scope: alias.scope, id: alias.target)] != nil, "an alias needs its key")
        aliases[AliasName(scope: alias.scope, name: alias.name)] = alias
    }

    mutating func save(_ grant: Grant) throws(KMSError) {
        try require(keys[grant.key] != nil, "a grant needs its key")
        try require(grant.id.unicodeScalars.count == 64, "a grant's id has 64 digits")
        grants[GrantName(key: grant.key, id: grant.id)] = grant
    }

    mutating func save(_ key: SystemKey, for purpose: SystemKeyPurpose) throws(KMSError) {
        let others = systemKeys.filter { $0.key != purpose }.values
        try require(
            !others.contains { $0.reference.object == key.reference.object }, "system keys need objects of their own"
        )
        systemKeys[purpose] = key
    }

    mutating func setReservation(
        of number: UInt32, of address: KeyAddress, _ total: (UInt64) -> UInt64
    ) throws(KMSError) {
        guard var key = keys[address], let index = key.materials.firstIndex(where: { $0.number == number }) else {
            throw failure("a reservation needs its material")
        }
        key.materials[index].reservedEncryptions = total(key.materials[index].reservedEncryptions)
        keys[address] = key
    }
}
