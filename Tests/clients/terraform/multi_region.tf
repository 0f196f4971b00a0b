variable "replica_region" {
  type = string
}

variable "material" {
  type      = string
  sensitive = true
}

variable "description" {
  type    = string
  default = "of the replica"
}

provider "aws" {
  alias                   = "replica"
  region                  = var.replica_region
  skip_metadata_api_check = true
  skip_region_validation  = true
  max_retries             = 2

  endpoints {
    iam = var.endpoint
    kms = var.endpoint
    sts = var.endpoint
  }
}

resource "aws_kms_key" "primary" {
  description             = "of the primary"
  multi_region            = true
  enable_key_rotation     = true
  deletion_window_in_days = 7
}

resource "aws_kms_replica_key" "replica" {
  provider                = aws.replica
  primary_key_arn         = aws_kms_key.primary.arn
  description             = var.description
  deletion_window_in_days = 7

  tags = {
    where = "there"
  }
}

resource "aws_kms_alias" "replica" {
  provider      = aws.replica
  name          = "alias/tf-replica"
  target_key_id = aws_kms_replica_key.replica.key_id
}

resource "aws_kms_external_key" "primary" {
  description             = "imported"
  multi_region            = true
  key_material_base64     = var.material
  enabled                 = true
  deletion_window_in_days = 7
}

resource "aws_kms_replica_external_key" "replica" {
  provider                = aws.replica
  primary_key_arn         = aws_kms_external_key.primary.arn
  key_material_base64     = var.material
  enabled                 = true
  deletion_window_in_days = 7
}

output "key_id" {
  value = aws_kms_key.primary.key_id
}

output "imported_key_id" {
  value = aws_kms_external_key.primary.id
}
