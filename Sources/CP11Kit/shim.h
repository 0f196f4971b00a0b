// p11-kit's header leaves size_t and the fixed-width integers to whoever includes it.
#include <stddef.h>
#include <stdint.h>
#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>
