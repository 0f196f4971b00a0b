# An application with a key of its own: who uses it, as whom, and what they may do.
variable "description" {
  type    = string
  default = "made by Terraform"
}

variable "team" {
  type    = string
  default = "blue"
}

variable "actions" {
  type    = list(string)
  default = ["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey"]
}

variable "path" {
  type    = string
  default = "/application/"
}

variable "key_status" {
  type    = string
  default = "Active"
}

variable "bounded" {
  type    = bool
  default = true
}

data "aws_caller_identity" "me" {}

# Users

resource "aws_iam_user" "application" {
  name                 = "tf-application"
  path                 = var.path
  permissions_boundary = var.bounded ? aws_iam_policy.boundary.arn : null
  force_destroy        = true
  tags                 = { team = var.team }
}

resource "aws_iam_user" "auditor" {
  name = "tf-auditor"
}

resource "aws_iam_access_key" "application" {
  user   = aws_iam_user.application.name
  status = var.key_status
}

resource "aws_iam_virtual_mfa_device" "application" {
  virtual_mfa_device_name = "tf-application"
}

# Policies

data "aws_iam_policy_document" "use" {
  statement {
    actions   = var.actions
    resources = [aws_kms_key.application.arn]
  }
}

resource "aws_iam_policy" "use" {
  name        = "tf-use"
  description = "Uses the application's key"
  policy      = data.aws_iam_policy_document.use.json
  tags        = { team = var.team }
}

resource "aws_iam_policy" "boundary" {
  name   = "tf-boundary"
  path   = "/boundaries/"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["kms:*", "sts:*"], Resource = "*" }]
  })
}

resource "aws_iam_user_policy" "assume" {
  name   = "assume"
  user   = aws_iam_user.application.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Resource = aws_iam_role.application.arn }]
  })
}

resource "aws_iam_user_policy_attachment" "auditor" {
  user       = aws_iam_user.auditor.name
  policy_arn = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
}

# The role

resource "aws_iam_role" "application" {
  name                  = "tf-application"
  description           = var.description
  max_session_duration  = 7200
  permissions_boundary  = var.bounded ? aws_iam_policy.boundary.arn : null
  force_detach_policies = true
  tags                  = { team = var.team }

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "use" {
  role       = aws_iam_role.application.name
  policy_arn = aws_iam_policy.use.arn
}

resource "aws_iam_role_policy" "list" {
  name   = "list"
  role   = aws_iam_role.application.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "kms:ListKeys", Resource = "*" }]
  })
}

# The key

resource "aws_kms_key" "application" {
  description             = var.description
  deletion_window_in_days = 7
  enable_key_rotation     = true
  rotation_period_in_days = 180
  tags                    = { team = var.team }

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{
      Sid       = "IdentityPolicies"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

resource "aws_kms_alias" "application" {
  name          = "alias/tf-application"
  target_key_id = aws_kms_key.application.id
}

resource "aws_kms_grant" "auditor" {
  name              = "auditor"
  key_id            = aws_kms_key.application.key_id
  grantee_principal = aws_iam_user.auditor.arn
  operations        = ["DescribeKey", "Encrypt"]

  constraints {
    encryption_context_equals = { purpose = "audit" }
  }
}

# What was made, as it is found again

data "aws_iam_user" "application" {
  user_name = aws_iam_user.application.name
}

data "aws_iam_role" "application" {
  name = aws_iam_role.application.name
}

data "aws_iam_policy" "use" {
  name = aws_iam_policy.use.name
}

data "aws_kms_key" "application" {
  key_id = aws_kms_alias.application.name
}

output "account" {
  value = data.aws_caller_identity.me.account_id
}

output "key_arn" {
  value = data.aws_kms_key.application.arn
}

output "role_arn" {
  value = data.aws_iam_role.application.arn
}

output "access_key_id" {
  value = aws_iam_access_key.application.id
}

output "secret_access_key" {
  value     = aws_iam_access_key.application.secret
  sensitive = true
}

output "auditor_arn" {
  value = aws_iam_user.auditor.arn
}
