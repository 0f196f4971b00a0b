# The provider as an operator points it at a server: three endpoints, and nothing of AWS's own looked for.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

variable "endpoint" {
  type = string
}

provider "aws" {
  skip_metadata_api_check = true
  skip_region_validation  = true
  max_retries             = 2

  endpoints {
    iam = var.endpoint
    kms = var.endpoint
    sts = var.endpoint
  }
}
