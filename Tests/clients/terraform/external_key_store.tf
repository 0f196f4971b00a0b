# A key store behind an XKS proxy; and when it is connected, a key in it.
variable "name" {
  type    = string
  default = "tf-external"
}

variable "connected" {
  type    = bool
  default = false
}

variable "endpoint_uri" {
  type = string
}

variable "path" {
  type = string
}

variable "access_key_id" {
  type = string
}

variable "secret_access_key" {
  type      = string
  sensitive = true
}

resource "aws_kms_custom_key_store" "external" {
  custom_key_store_name  = var.name
  custom_key_store_type  = "EXTERNAL_KEY_STORE"
  xks_proxy_connectivity = "PUBLIC_ENDPOINT"
  xks_proxy_uri_endpoint = var.endpoint_uri
  xks_proxy_uri_path     = var.path

  xks_proxy_authentication_credential {
    access_key_id         = var.access_key_id
    raw_secret_access_key = var.secret_access_key
  }
}

resource "aws_kms_key" "external" {
  count = var.connected ? 1 : 0

  custom_key_store_id     = aws_kms_custom_key_store.external.id
  deletion_window_in_days = 7
  description             = "on an external key"
  xks_key_id              = "tf-external"
}

output "id" {
  value = aws_kms_custom_key_store.external.id
}

output "key" {
  value = one(aws_kms_key.external[*].key_id)
}
