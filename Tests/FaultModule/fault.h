// What the files of the module share.
#ifndef STRONGROOM_FAULT_H
#define STRONGROOM_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "fault_module.h"

enum function {
    F_C_GetFunctionList,
#define FUNCTION(name, through, session, mechanism, parameters, arguments) F_##name,
#include "functions.h"
#undef FUNCTION
    FUNCTIONS,
    ANY_FUNCTION = -1,
};

extern const char *const function_names[FUNCTIONS];

/// The wrapped module's functions.
extern CK_FUNCTION_LIST *target;

// control.c: the rules of the control file.

enum kind {
    NO_RULE,
    RV, RVAFTER, RVMAP, DELAY, CRASH, GARBLE,
    MAXSESS, MAXPIN, TOKENFLAGS, ENDSESSIONS, ENDLOGIN, ENDLIFE, IDLE,
    GCMIV, SWAPOBJECTS, MISFIND, LOSEOBJECTS, LIEATTR, FORCEATTR, CANTLOCK, NOMECH, NOSLOTS, CONSTRANDOM,
};

enum { MAX_ID = 64, MAX_WORD = 160 };

struct identifier {
    size_t size;
    uint8_t bytes[MAX_ID];
};

struct rule {
    enum kind kind;
    /// The function that it is about, or ANY_FUNCTION.
    int function;
    unsigned long value, second;
    /// A word after the kind: `back`, `byid`, `told`.
    char word[16];
    struct identifier ids[2];
    uint64_t skip, times, every;
    bool shared;
    pid_t process;
    uint64_t hits;
};

/// Reads the control file if it has changed, and does what has to be done once.
void control_look(void);
/// The next rule of the kind, at or after `*position`, that applies to this call; the call counts for each it meets.
bool control_claim(enum kind kind, int function, size_t *position, struct rule *found);
/// The first one that applies.
bool control_first(enum kind kind, int function, struct rule *found);

// state.c: what the processes that share a control file share.

/// The number of rules that can be `shared`.
enum { SHARED_RULES = 64 };

struct file_identity {
    uint64_t modified, size, node;
};

void state_open(const char *control_path);
/// A new control file sets the rules' counters to 0; the first process that reads it does.
void state_begin(struct file_identity identity);
/// Counts a call of a shared rule; answers how many there were before.
uint64_t state_count(size_t rule);
uint64_t state_wrong_pins(void);
void state_set_wrong_pins(uint64_t count);
/// Notes how many sessions this process has open; answers how many all living processes have.
uint64_t state_note_sessions(uint64_t own);

// sessions.c: the sessions of this process.

/// A session, and what was begun in it. Its place does not move.
struct session {
    CK_SESSION_HANDLE handle;
    bool open, dead;
    uint64_t used;
    /// The running C_FindObjects finds nothing.
    bool finds_nothing;
    /// The running C_Encrypt has an IV of ours: where it is written back, or NULL; whether it is appended.
    bool own_iv, appended_iv;
    uint8_t iv[12];
    CK_BYTE *iv_home;
    CK_GCM_PARAMS parameters;
};

/// The record of a session, or NULL for one that is not known.
struct session *session_record(CK_SESSION_HANDLE handle);
/// Whether the session is dead, by `endsessions` or `idle`; its time begins anew if not.
bool session_is_dead(CK_SESSION_HANDLE handle);
void session_end_all(void);
void session_forget_all(void);
/// Any open session, or 0.
CK_SESSION_HANDLE session_any(void);
CK_RV own_C_OpenSession(CK_SLOT_ID, CK_FLAGS, void *, CK_NOTIFY, CK_SESSION_HANDLE *);
CK_RV own_C_CloseSession(CK_SESSION_HANDLE);
CK_RV own_C_CloseAllSessions(CK_SLOT_ID);

// token.c: the token itself: its life, its PIN, its mechanisms.

/// The value that ended this life, or CKR_OK.
CK_RV token_life(void);
void token_end_life(CK_RV value);
bool token_lacks(CK_MECHANISM_TYPE mechanism);
CK_RV own_C_Initialize(void *);
CK_RV own_C_Finalize(void *);
CK_RV own_C_GetSlotList(CK_BYTE, CK_SLOT_ID *, CK_ULONG *);
CK_RV own_C_GetTokenInfo(CK_SLOT_ID, CK_TOKEN_INFO *);
CK_RV own_C_GetMechanismList(CK_SLOT_ID, CK_MECHANISM_TYPE *, CK_ULONG *);
CK_RV own_C_GetMechanismInfo(CK_SLOT_ID, CK_MECHANISM_TYPE, CK_MECHANISM_INFO *);
CK_RV own_C_Login(CK_SESSION_HANDLE, CK_USER_TYPE, CK_BYTE *, CK_ULONG);

// objects.c: finding objects, their attributes, making them.

CK_RV own_C_FindObjectsInit(CK_SESSION_HANDLE, CK_ATTRIBUTE *, CK_ULONG);
CK_RV own_C_FindObjects(CK_SESSION_HANDLE, CK_OBJECT_HANDLE *, CK_ULONG, CK_ULONG *);
CK_RV own_C_GetAttributeValue(CK_SESSION_HANDLE, CK_OBJECT_HANDLE, CK_ATTRIBUTE *, CK_ULONG);
CK_RV own_C_CreateObject(CK_SESSION_HANDLE, CK_ATTRIBUTE *, CK_ULONG, CK_OBJECT_HANDLE *);
CK_RV own_C_CopyObject(CK_SESSION_HANDLE, CK_OBJECT_HANDLE, CK_ATTRIBUTE *, CK_ULONG, CK_OBJECT_HANDLE *);
CK_RV own_C_GenerateKey(CK_SESSION_HANDLE, CK_MECHANISM *, CK_ATTRIBUTE *, CK_ULONG, CK_OBJECT_HANDLE *);
CK_RV own_C_GenerateKeyPair(
    CK_SESSION_HANDLE, CK_MECHANISM *, CK_ATTRIBUTE *, CK_ULONG, CK_ATTRIBUTE *, CK_ULONG, CK_OBJECT_HANDLE *,
    CK_OBJECT_HANDLE *);
CK_RV own_C_UnwrapKey(
    CK_SESSION_HANDLE, CK_MECHANISM *, CK_OBJECT_HANDLE, CK_BYTE *, CK_ULONG, CK_ATTRIBUTE *, CK_ULONG,
    CK_OBJECT_HANDLE *);
CK_RV own_C_DeriveKey(
    CK_SESSION_HANDLE, CK_MECHANISM *, CK_OBJECT_HANDLE, CK_ATTRIBUTE *, CK_ULONG, CK_OBJECT_HANDLE *);

// ciphers.c: IVs of the module's own, and wrong output.

CK_RV own_C_EncryptInit(CK_SESSION_HANDLE, CK_MECHANISM *, CK_OBJECT_HANDLE);
CK_RV own_C_Encrypt(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG, CK_BYTE *, CK_ULONG *);
CK_RV own_C_Decrypt(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG, CK_BYTE *, CK_ULONG *);
CK_RV own_C_Sign(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG, CK_BYTE *, CK_ULONG *);
CK_RV own_C_GenerateRandom(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG);

// log.c: who called what.

uint64_t now_nanoseconds(void);
void log_open(const char *path);
void log_call(uint64_t begin, int function, const char *result, CK_SESSION_HANDLE session);

#endif
