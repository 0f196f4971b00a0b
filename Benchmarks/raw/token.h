/* Loading a PKCS#11 module and logging in, for a benchmark: any failure ends the process. */
#ifndef STRONGROOM_BENCHMARK_TOKEN_H
#define STRONGROOM_BENCHMARK_TOKEN_H

#include <stddef.h>
#include <stdint.h>
#include <p11-kit/pkcs11.h>

_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the process with the function's name and its code unless the code is CKR_OK. */
void check(const char *function, CK_RV code);

CK_FUNCTION_LIST *load_module(const char *path);

/* Without a label there has to be exactly one initialised token. */
CK_SLOT_ID find_token(CK_FUNCTION_LIST *module, const char *label);
CK_SESSION_HANDLE open_session(CK_FUNCTION_LIST *module, CK_SLOT_ID slot);
void log_in(CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session, const char *pin_file);

#endif
