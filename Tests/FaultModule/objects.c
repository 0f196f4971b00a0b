#define _GNU_SOURCE
#include <string.h>

#include "fault.h"

enum { MAX_ATTRIBUTES = 64 };

/// A caller's template that can be changed: the caller's own is not ours to write in.
struct template_copy {
    CK_ATTRIBUTE attributes[MAX_ATTRIBUTES];
    CK_BBOOL flags[MAX_ATTRIBUTES];
    CK_ULONG numbers[MAX_ATTRIBUTES];
};

static bool copy_template(const CK_ATTRIBUTE *given, CK_ULONG count, struct template_copy *copy) {
    if (count > MAX_ATTRIBUTES || (count > 0 && !given)) return false;
    if (count > 0) memcpy(copy->attributes, given, count * sizeof *given);
    return true;
}

static bool is_id(const CK_ATTRIBUTE *attribute, const struct identifier *id) {
    return attribute->type == CKA_ID && attribute->pValue && id->size > 0 && attribute->ulValueLen == id->size
        && memcmp(attribute->pValue, id->bytes, id->size) == 0;
}

// MARK: Finding

static bool exchange_ids(enum kind kind, struct template_copy *copy, CK_ULONG count, struct rule *rule) {
    if (!control_first(kind, F_C_FindObjectsInit, rule)) return false;
    for (CK_ULONG index = 0; index < count; index++) {
        CK_ATTRIBUTE *attribute = &copy->attributes[index];
        for (int side = 0; side < 2; side++) {
            if (!is_id(attribute, &rule->ids[side])) continue;
            attribute->pValue = rule->ids[1 - side].bytes;
            attribute->ulValueLen = rule->ids[1 - side].size;
            break;
        }
    }
    return true;
}

static bool is_lost(const CK_ATTRIBUTE *template, CK_ULONG count) {
    struct rule rule;
    size_t position = 0;
    while (control_claim(LOSEOBJECTS, F_C_FindObjectsInit, &position, &rule)) {
        if (rule.word[0] == 0 && rule.ids[0].size == 0) return true;
        for (CK_ULONG index = 0; index < count; index++) {
            if (rule.word[0] != 0 && template[index].type == CKA_ID) return true;
            if (is_id(&template[index], &rule.ids[0])) return true;
        }
    }
    return false;
}

CK_RV own_C_FindObjectsInit(CK_SESSION_HANDLE handle, CK_ATTRIBUTE *template, CK_ULONG count) {
    struct session *session = session_record(handle);
    if (session) session->finds_nothing = is_lost(template, count);
    struct template_copy copy;
    struct rule swap, misfind;
    if (!copy_template(template, count, &copy)) return target->C_FindObjectsInit(handle, template, count);
    bool changed = exchange_ids(SWAPOBJECTS, &copy, count, &swap);
    changed = exchange_ids(MISFIND, &copy, count, &misfind) || changed;
    return target->C_FindObjectsInit(handle, changed ? copy.attributes : template, count);
}

CK_RV own_C_FindObjects(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE *objects, CK_ULONG maximum, CK_ULONG *count) {
    CK_RV value = target->C_FindObjects(handle, objects, maximum, count);
    struct session *session = session_record(handle);
    if (value == CKR_OK && session && session->finds_nothing) *count = 0;
    return value;
}

// MARK: Attributes

static void lie(CK_ATTRIBUTE *attribute, unsigned long value) {
    if (attribute->ulValueLen == sizeof(CK_BBOOL)) *(CK_BBOOL *)attribute->pValue = (CK_BBOOL)value;
    if (attribute->ulValueLen == sizeof(CK_ULONG)) memcpy(attribute->pValue, &value, sizeof value);
}

CK_RV own_C_GetAttributeValue(
    CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template, CK_ULONG count) {
    CK_RV value = target->C_GetAttributeValue(session, object, template, count);
    struct rule swap, rule;
    bool swapped = control_first(SWAPOBJECTS, F_C_GetAttributeValue, &swap);
    for (CK_ULONG index = 0; template && index < count; index++) {
        CK_ATTRIBUTE *attribute = &template[index];
        if (!attribute->pValue || attribute->ulValueLen == (CK_ULONG)-1) continue;
        for (int side = 0; swapped && side < 2; side++) {
            if (!is_id(attribute, &swap.ids[side]) || swap.ids[0].size != swap.ids[1].size) continue;
            memcpy(attribute->pValue, swap.ids[1 - side].bytes, swap.ids[1 - side].size);
            break;
        }
        size_t position = 0;
        while (control_claim(LIEATTR, F_C_GetAttributeValue, &position, &rule)) {
            if (rule.value == attribute->type) lie(attribute, rule.second);
        }
    }
    return value;
}

// MARK: Making

/// The template as `forceattr` has it.
static CK_ATTRIBUTE *forced(int function, CK_ATTRIBUTE *template, CK_ULONG count, struct template_copy *copy) {
    if (!copy_template(template, count, copy)) return template;
    struct rule rule;
    size_t position = 0;
    bool changed = false;
    while (control_claim(FORCEATTR, function, &position, &rule)) {
        for (CK_ULONG index = 0; index < count; index++) {
            CK_ATTRIBUTE *attribute = &copy->attributes[index];
            if (attribute->type != rule.value) continue;
            copy->flags[index] = (CK_BBOOL)rule.second;
            copy->numbers[index] = rule.second;
            bool is_flag = attribute->ulValueLen == sizeof(CK_BBOOL);
            attribute->pValue = is_flag ? (void *)&copy->flags[index] : (void *)&copy->numbers[index];
            attribute->ulValueLen = is_flag ? sizeof(CK_BBOOL) : sizeof(CK_ULONG);
            changed = true;
        }
    }
    return changed ? copy->attributes : template;
}

CK_RV own_C_CreateObject(
    CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *object) {
    struct template_copy copy;
    return target->C_CreateObject(session, forced(F_C_CreateObject, template, count, &copy), count, object);
}

CK_RV own_C_CopyObject(
    CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template, CK_ULONG count,
    CK_OBJECT_HANDLE *made) {
    struct template_copy copy;
    return target->C_CopyObject(session, object, forced(F_C_CopyObject, template, count, &copy), count, made);
}

CK_RV own_C_GenerateKey(
    CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *template, CK_ULONG count,
    CK_OBJECT_HANDLE *key) {
    struct template_copy copy;
    return target->C_GenerateKey(session, mechanism, forced(F_C_GenerateKey, template, count, &copy), count, key);
}

CK_RV own_C_GenerateKeyPair(
    CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *public_template, CK_ULONG public_count,
    CK_ATTRIBUTE *private_template, CK_ULONG private_count, CK_OBJECT_HANDLE *public_key,
    CK_OBJECT_HANDLE *private_key) {
    struct template_copy copy;
    return target->C_GenerateKeyPair(
        session, mechanism, public_template, public_count,
        forced(F_C_GenerateKeyPair, private_template, private_count, &copy), private_count, public_key, private_key);
}

CK_RV own_C_UnwrapKey(
    CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE unwrapping, CK_BYTE *wrapped,
    CK_ULONG wrapped_size, CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *key) {
    struct template_copy copy;
    return target->C_UnwrapKey(
        session, mechanism, unwrapping, wrapped, wrapped_size, forced(F_C_UnwrapKey, template, count, &copy), count,
        key);
}

CK_RV own_C_DeriveKey(
    CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE base, CK_ATTRIBUTE *template, CK_ULONG count,
    CK_OBJECT_HANDLE *key) {
    struct template_copy copy;
    return target->C_DeriveKey(session, mechanism, base, forced(F_C_DeriveKey, template, count, &copy), count, key);
}
