# What a user without rights asks for.
variable "name" {
  type = string
}

resource "aws_iam_user" "refused" {
  name = var.name
}
