variable "name" {
  type    = string
  default = "tf-customer"
}

variable "cluster" {
  type = string
}

variable "trust_anchor" {
  type = string
}

variable "password" {
  type      = string
  sensitive = true
}

resource "aws_kms_custom_key_store" "customer" {
  cloud_hsm_cluster_id     = var.cluster
  custom_key_store_name    = var.name
  key_store_password       = var.password
  trust_anchor_certificate = file(var.trust_anchor)
}

output "id" {
  value = aws_kms_custom_key_store.customer.id
}
