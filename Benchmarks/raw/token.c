#include "token.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("raw-token: error: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

void check(const char *function, CK_RV code) {
    if (code != CKR_OK)
        fail("%s returned 0x%lX; look the code up in pkcs11.h and check the token's configuration", function, code);
}

CK_FUNCTION_LIST *load_module(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) fail("cannot load %s: %s; give the module's absolute path", path, dlerror());
    CK_C_GetFunctionList get = (CK_C_GetFunctionList)dlsym(library, "C_GetFunctionList");
    if (!get) fail("%s is no PKCS#11 module: it has no C_GetFunctionList; give another --module", path);
    CK_FUNCTION_LIST *module;
    check("C_GetFunctionList", get(&module));
    CK_C_INITIALIZE_ARGS arguments = { .flags = CKF_OS_LOCKING_OK };
    check("C_Initialize", module->C_Initialize(&arguments));
    return module;
}

CK_SLOT_ID find_token(CK_FUNCTION_LIST *module, const char *label) {
    CK_SLOT_ID slots[64], found = 0;
    CK_ULONG count = sizeof slots / sizeof *slots;
    check("C_GetSlotList", module->C_GetSlotList(CK_TRUE, slots, &count));
    char padded[32];
    memset(padded, ' ', sizeof padded);
    if (label) memcpy(padded, label, strlen(label) < sizeof padded ? strlen(label) : sizeof padded);
    int matches = 0;
    for (CK_ULONG i = 0; i < count; i++) {
        CK_TOKEN_INFO info;
        check("C_GetTokenInfo", module->C_GetTokenInfo(slots[i], &info));
        if (!(info.flags & CKF_TOKEN_INITIALIZED)) continue;
        if (label && memcmp(info.label, padded, sizeof padded) != 0) continue;
        found = slots[i];
        matches++;
    }
    if (matches == 1) return found;
    fail("%d initialised tokens match %s; list them with `pkcs11-tool --module PATH --list-token-slots`"
         " and give one as --token LABEL",
         matches, label ? label : "(no --token given)");
}

CK_SESSION_HANDLE open_session(CK_FUNCTION_LIST *module, CK_SLOT_ID slot) {
    CK_SESSION_HANDLE session;
    check("C_OpenSession", module->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session));
    return session;
}

void log_in(CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session, const char *pin_file) {
    char pin[256];
    FILE *file = fopen(pin_file, "r");
    if (!file || !fgets(pin, sizeof pin, file)) fail("cannot read a PIN from %s; give a readable --pin-file", pin_file);
    fclose(file);
    pin[strcspn(pin, "\r\n")] = 0;
    check("C_Login", module->C_Login(session, CKU_USER, (unsigned char *)pin, strlen(pin)));
    explicit_bzero(pin, sizeof pin);
}
