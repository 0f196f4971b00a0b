// A PKCS#11 module that wraps another one and fails as it is told to, for the tests.
//
// FAULT_MODULE_TARGET is the path of the module that is wrapped. FAULT_MODULE_CONTROL is the path of a control file;
// it is looked at before each call and read when it has changed (put a new one in its place by rename). Without one
// every call is passed on. FAULT_MODULE_LOG, if there, gets a line for each call when it has ended:
//
//   BEGIN PID FUNCTION RESULT DURATION SESSION     (nanoseconds of the monotonic clock; 0xRV, or `crash`; in hex)
//
// The control file has one rule a line; `#` begins a comment. FUNCTION is a name such as C_Encrypt, or `*` for all.
//
//   rv FUNCTION 0xVALUE         answers VALUE and does nothing
//   rvafter FUNCTION 0xVALUE    does it, and answers VALUE all the same
//   rvmap FUNCTION 0xA 0xB      answers B where the wrapped module answers A
//   delay FUNCTION MILLISECONDS waits first
//   crash FUNCTION              SIGSEGV
//   garble FUNCTION             flips a bit of the output (C_Encrypt, C_Decrypt, C_Sign, C_GenerateRandom)
//   maxsess N [told] [shared]   at most N sessions, then CKR_SESSION_COUNT; `told`: C_GetTokenInfo says so; `shared`:
//                               of all processes together
//   maxpin N                    locks the PIN after N wrong ones in a row (counted over processes and for good): then
//                               CKR_PIN_LOCKED; the flags of C_GetTokenInfo say how far it is
//   tokenflags 0xFLAGS          C_GetTokenInfo has these flags too
//   idle SECONDS                a session that is not used for so long is dead: CKR_SESSION_HANDLE_INVALID
//   gcmiv back                  AES-GCM with an IV of the module's own, written over the caller's
//   gcmiv zero                  the same, and any IV but one of zeros is CKR_MECHANISM_PARAM_INVALID
//   gcmiv append                the same, appended after the tag; any IV that is given is refused
//   gcmiv same                  always the same IV, and nothing tells
//   swapobjects ID ID           as if the CKA_IDs of two objects (in hex) had been exchanged on the token
//   misfind ID ID               C_FindObjects finds the one for the other; their attributes tell the truth
//   loseobjects [byid|ID]       C_FindObjects finds nothing: ever; by CKA_ID; by this one
//   lieattr 0xTYPE VALUE        C_GetAttributeValue reads VALUE (of a CK_BBOOL or CK_ULONG)
//   forceattr 0xTYPE VALUE      an object is made with VALUE where its template has the attribute
//   cantlock                    C_Initialize with CKF_OS_LOCKING_OK is CKR_CANT_LOCK
//   nomech 0xTYPE               the token lacks the mechanism
//   noslots                     no slot is there
//   constrandom                 C_GenerateRandom gives the same bytes over and over
//
// Each of these can end with: `skip N` (not the first N calls that it would apply to), `every K` (only each Kth from
// there on), `times M` (M times), `shared` (calls counted over all processes; the file's first 64 rules), `pid P` (in
// this process only). A new control file begins all counts anew.
//
// Three rules are done once, by each process, when the file is read:
//
//   endsessions                 all open sessions are dead: CKR_SESSION_HANDLE_INVALID until they are opened anew
//   endlogin                    logs out behind the caller's back
//   endlife 0xVALUE             every call answers VALUE until C_Finalize and C_Initialize, as p11-kit's client does
//                               after its server went away
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "fault.h"

const char *const function_names[FUNCTIONS] = {
    "C_GetFunctionList",
#define FUNCTION(name, through, session, mechanism, parameters, arguments) #name,
#include "functions.h"
#undef FUNCTION
};

CK_FUNCTION_LIST *target;

static void wait_milliseconds(unsigned long milliseconds) {
    struct timespec rest = {(time_t)(milliseconds / 1000), (long)(milliseconds % 1000) * 1000000};
    while (nanosleep(&rest, &rest) != 0) {}
}

static void crash(uint64_t begin, int function, CK_SESSION_HANDLE session) {
    log_call(begin, function, "crash", session);
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
}

/// What comes before a call. Answers false when it is not to be made: `*value` is its answer.
static bool before(int function, CK_SESSION_HANDLE session, const CK_MECHANISM *mechanism, CK_RV *value) {
    uint64_t begin = now_nanoseconds();
    control_look();
    struct rule rule;
    size_t position = 0;
    while (control_claim(DELAY, function, &position, &rule)) wait_milliseconds(rule.value);
    if (control_first(CRASH, function, &rule)) crash(begin, function, session);
    *value = token_life();
    if (*value != CKR_OK && function != F_C_Initialize && function != F_C_Finalize) return false;
    if (session != 0 && session_is_dead(session)) {
        *value = CKR_SESSION_HANDLE_INVALID;
        return false;
    }
    if (control_first(RV, function, &rule)) {
        *value = rule.value;
        return false;
    }
    if (mechanism && token_lacks(mechanism->mechanism)) {
        *value = CKR_MECHANISM_INVALID;
        return false;
    }
    return true;
}

/// What comes after a call.
static CK_RV after(int function, CK_RV value, uint64_t begin, CK_SESSION_HANDLE session) {
    struct rule rule;
    size_t position = 0;
    while (control_claim(RVMAP, function, &position, &rule)) {
        if (value == rule.value) {
            value = rule.second;
            break;
        }
    }
    if (control_first(RVAFTER, function, &rule)) value = rule.value;
    char result[24];
    snprintf(result, sizeof result, "0x%lx", value);
    log_call(begin, function, result, session);
    return value;
}

#define FUNCTION(name, through, session, mechanism, parameters, arguments) \
    static CK_RV fault_##name parameters { \
        CK_RV value = CKR_OK; \
        uint64_t begin = now_nanoseconds(); \
        if (before(F_##name, session, mechanism, &value)) value = through arguments; \
        return after(F_##name, value, begin, session); \
    }
#include "functions.h"
#undef FUNCTION

static CK_FUNCTION_LIST list;

static CK_RV fault_C_GetFunctionList(CK_FUNCTION_LIST **functions) {
    *functions = &list;
    return CKR_OK;
}

static void load(void) {
    const char *path = getenv("FAULT_MODULE_TARGET");
    void *handle = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    if (!handle) {
        fprintf(stderr, "fault module: FAULT_MODULE_TARGET cannot be loaded: %s\n", path ? dlerror() : "not set");
        return;
    }
    CK_C_GetFunctionList get_function_list = NULL;
    *(void **)&get_function_list = dlsym(handle, "C_GetFunctionList");
    if (!get_function_list || get_function_list(&target) != CKR_OK) {
        target = NULL;
        return;
    }
    state_open(getenv("FAULT_MODULE_CONTROL"));
    log_open(getenv("FAULT_MODULE_LOG"));
    list.version = target->version;
    list.C_GetFunctionList = fault_C_GetFunctionList;
#define FUNCTION(name, through, session, mechanism, parameters, arguments) \
    if (target->name) list.name = fault_##name;
#include "functions.h"
#undef FUNCTION
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **functions) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (!functions) return CKR_ARGUMENTS_BAD;
    pthread_once(&once, load);
    return target ? fault_C_GetFunctionList(functions) : CKR_FUNCTION_FAILED;
}
