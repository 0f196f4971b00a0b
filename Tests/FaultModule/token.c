#define _GNU_SOURCE
#include <stdatomic.h>
#include <stdlib.h>

#include "fault.h"

static atomic_bool lives;
static _Atomic CK_RV ending;

CK_RV token_life(void) {
    return atomic_load(&ending);
}

void token_end_life(CK_RV value) {
    if (atomic_load(&lives)) atomic_store(&ending, value);
}

CK_RV own_C_Initialize(void *arguments) {
    const CK_C_INITIALIZE_ARGS *given = arguments;
    struct rule rule;
    if (given && (given->flags & CKF_OS_LOCKING_OK) && control_first(CANTLOCK, F_C_Initialize, &rule)) {
        return CKR_CANT_LOCK;
    }
    CK_RV value = target->C_Initialize(arguments);
    if (value == CKR_OK) {
        atomic_store(&ending, CKR_OK);
        atomic_store(&lives, true);
    }
    return value;
}

CK_RV own_C_Finalize(void *reserved) {
    session_forget_all();
    atomic_store(&lives, false);
    return target->C_Finalize(reserved);
}

// MARK: Slots and tokens

CK_RV own_C_GetSlotList(CK_BYTE present, CK_SLOT_ID *slots, CK_ULONG *count) {
    struct rule rule;
    if (!control_first(NOSLOTS, F_C_GetSlotList, &rule)) return target->C_GetSlotList(present, slots, count);
    if (!count) return CKR_ARGUMENTS_BAD;
    *count = 0;
    return CKR_OK;
}

CK_RV own_C_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO *info) {
    CK_RV value = target->C_GetTokenInfo(slot, info);
    if (value != CKR_OK) return value;
    struct rule rule;
    if (control_first(TOKENFLAGS, F_C_GetTokenInfo, &rule)) info->flags |= rule.value;
    if (control_first(MAXPIN, F_C_GetTokenInfo, &rule)) {
        uint64_t wrong = state_wrong_pins();
        info->flags &= ~(CK_FLAGS)(CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED);
        if (wrong > 0) info->flags |= CKF_USER_PIN_COUNT_LOW;
        if (wrong + 1 == rule.value) info->flags |= CKF_USER_PIN_FINAL_TRY;
        if (wrong >= rule.value) info->flags |= CKF_USER_PIN_LOCKED;
    }
    if (control_first(MAXSESS, F_C_GetTokenInfo, &rule) && rule.word[0] != 0) {
        info->ulMaxSessionCount = rule.value;
        info->ulMaxRwSessionCount = rule.value;
    }
    return value;
}

// MARK: The PIN

CK_RV own_C_Login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG size) {
    struct rule rule;
    bool limited = control_first(MAXPIN, F_C_Login, &rule);
    if (limited && state_wrong_pins() >= rule.value) return CKR_PIN_LOCKED;
    CK_RV value = target->C_Login(session, user, pin, size);
    if (limited && value == CKR_PIN_INCORRECT) state_set_wrong_pins(state_wrong_pins() + 1);
    if (limited && value == CKR_OK) state_set_wrong_pins(0);
    return value;
}

// MARK: Mechanisms

bool token_lacks(CK_MECHANISM_TYPE mechanism) {
    struct rule rule;
    size_t position = 0;
    while (control_claim(NOMECH, ANY_FUNCTION, &position, &rule)) {
        if (rule.value == mechanism) return true;
    }
    return false;
}

CK_RV own_C_GetMechanismInfo(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info) {
    if (token_lacks(type)) return CKR_MECHANISM_INVALID;
    return target->C_GetMechanismInfo(slot, type, info);
}

CK_RV own_C_GetMechanismList(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count) {
    CK_ULONG size = 0;
    CK_RV value = target->C_GetMechanismList(slot, NULL, &size);
    if (value != CKR_OK || !count) return value;
    CK_MECHANISM_TYPE *all = calloc(size + 1, sizeof *all);
    if (!all) return CKR_HOST_MEMORY;
    value = target->C_GetMechanismList(slot, all, &size);
    CK_ULONG kept = 0;
    for (CK_ULONG index = 0; value == CKR_OK && index < size; index++) {
        if (!token_lacks(all[index])) all[kept++] = all[index];
    }
    if (value == CKR_OK && list && *count < kept) value = CKR_BUFFER_TOO_SMALL;
    for (CK_ULONG index = 0; value == CKR_OK && list && index < kept; index++) list[index] = all[index];
    *count = kept;
    free(all);
    return value;
}
