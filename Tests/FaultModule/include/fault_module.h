// The module has one entry, which PKCS#11's header declares.
#ifndef STRONGROOM_FAULT_MODULE_H
#define STRONGROOM_FAULT_MODULE_H

#include <p11-kit/pkcs11.h>

#endif
