// Every function of PKCS#11 2.40 but C_GetFunctionList, for whoever defines FUNCTION before including this:
//
//   FUNCTION(name, through, session, mechanism, (parameters), (arguments))
//
// `through` does the work: the target's function, or ours around it. `session` is the session that has to be alive for
// the call, or 0; `mechanism` the mechanism that the token has to have, or NULL.
//
// C_CloseSession has no session here: a dead one can be closed.
FUNCTION(C_Initialize, own_C_Initialize, 0, NULL, (void *init_args), (init_args))
FUNCTION(C_Finalize, own_C_Finalize, 0, NULL, (void *reserved), (reserved))
FUNCTION(C_GetInfo, target->C_GetInfo, 0, NULL, (CK_INFO *info), (info))
FUNCTION(C_GetSlotList, own_C_GetSlotList, 0, NULL,
    (CK_BYTE token_present, CK_SLOT_ID *slot_list, CK_ULONG *count),
    (token_present, slot_list, count))
FUNCTION(C_GetSlotInfo, target->C_GetSlotInfo, 0, NULL, (CK_SLOT_ID slot_id, CK_SLOT_INFO *info), (slot_id, info))
FUNCTION(C_GetTokenInfo, own_C_GetTokenInfo, 0, NULL, (CK_SLOT_ID slot_id, CK_TOKEN_INFO *info), (slot_id, info))
FUNCTION(C_WaitForSlotEvent, target->C_WaitForSlotEvent, 0, NULL,
    (CK_FLAGS flags, CK_SLOT_ID *slot, void *reserved),
    (flags, slot, reserved))
FUNCTION(C_GetMechanismList, own_C_GetMechanismList, 0, NULL,
    (CK_SLOT_ID slot_id, CK_MECHANISM_TYPE *mechanism_list, CK_ULONG *count),
    (slot_id, mechanism_list, count))
FUNCTION(C_GetMechanismInfo, own_C_GetMechanismInfo, 0, NULL,
    (CK_SLOT_ID slot_id, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info),
    (slot_id, type, info))
FUNCTION(C_InitToken, target->C_InitToken, 0, NULL,
    (CK_SLOT_ID slot_id, CK_BYTE *pin, CK_ULONG pin_len, CK_BYTE *label),
    (slot_id, pin, pin_len, label))
FUNCTION(C_InitPIN, target->C_InitPIN, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *pin, CK_ULONG pin_len),
    (session, pin, pin_len))
FUNCTION(C_SetPIN, target->C_SetPIN, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *old_pin, CK_ULONG old_len, CK_BYTE *new_pin, CK_ULONG new_len),
    (session, old_pin, old_len, new_pin, new_len))
FUNCTION(C_OpenSession, own_C_OpenSession, 0, NULL,
    (CK_SLOT_ID slot_id, CK_FLAGS flags, void *application, CK_NOTIFY notify, CK_SESSION_HANDLE *session),
    (slot_id, flags, application, notify, session))
FUNCTION(C_CloseSession, own_C_CloseSession, 0, NULL, (CK_SESSION_HANDLE session), (session))
FUNCTION(C_CloseAllSessions, own_C_CloseAllSessions, 0, NULL, (CK_SLOT_ID slot_id), (slot_id))
FUNCTION(C_GetSessionInfo, target->C_GetSessionInfo, session, NULL,
    (CK_SESSION_HANDLE session, CK_SESSION_INFO *info),
    (session, info))
FUNCTION(C_GetOperationState, target->C_GetOperationState, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *operation_state, CK_ULONG *operation_state_len),
    (session, operation_state, operation_state_len))
FUNCTION(C_SetOperationState, target->C_SetOperationState, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *operation_state, CK_ULONG operation_state_len,
     CK_OBJECT_HANDLE encryption_key, CK_OBJECT_HANDLE authentication_key),
    (session, operation_state, operation_state_len, encryption_key, authentication_key))
FUNCTION(C_Login, own_C_Login, session, NULL,
    (CK_SESSION_HANDLE session, CK_USER_TYPE user_type, CK_BYTE *pin, CK_ULONG pin_len),
    (session, user_type, pin, pin_len))
FUNCTION(C_Logout, target->C_Logout, session, NULL, (CK_SESSION_HANDLE session), (session))
FUNCTION(C_CreateObject, own_C_CreateObject, session, NULL,
    (CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *object),
    (session, template, count, object))
FUNCTION(C_CopyObject, own_C_CopyObject, session, NULL,
    (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template, CK_ULONG count,
     CK_OBJECT_HANDLE *new_object),
    (session, object, template, count, new_object))
FUNCTION(C_DestroyObject, target->C_DestroyObject, session, NULL,
    (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object),
    (session, object))
FUNCTION(C_GetObjectSize, target->C_GetObjectSize, session, NULL,
    (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ULONG *size),
    (session, object, size))
FUNCTION(C_GetAttributeValue, own_C_GetAttributeValue, session, NULL,
    (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template, CK_ULONG count),
    (session, object, template, count))
FUNCTION(C_SetAttributeValue, target->C_SetAttributeValue, session, NULL,
    (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template, CK_ULONG count),
    (session, object, template, count))
FUNCTION(C_FindObjectsInit, own_C_FindObjectsInit, session, NULL,
    (CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG count),
    (session, template, count))
FUNCTION(C_FindObjects, own_C_FindObjects, session, NULL,
    (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *object, CK_ULONG max_object_count, CK_ULONG *object_count),
    (session, object, max_object_count, object_count))
FUNCTION(C_FindObjectsFinal, target->C_FindObjectsFinal, session, NULL, (CK_SESSION_HANDLE session), (session))
FUNCTION(C_EncryptInit, own_C_EncryptInit, session, mechanism,
    (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key),
    (session, mechanism, key))
FUNCTION(C_Encrypt, own_C_Encrypt, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *encrypted_data,
     CK_ULONG *encrypted_data_len),
    (session, data, data_len, encrypted_data, encrypted_data_len))
FUNCTION(C_EncryptUpdate, target->C_EncryptUpdate, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *part, CK_ULONG part_len, CK_BYTE *encrypted_part,
     CK_ULONG *encrypted_part_len),
    (session, part, part_len, encrypted_part, encrypted_part_len))
FUNCTION(C_EncryptFinal, target->C_EncryptFinal, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *last_encrypted_part, CK_ULONG *last_encrypted_part_len),
    (session, last_encrypted_part, last_encrypted_part_len))
FUNCTION(C_DecryptInit, target->C_DecryptInit, session, mechanism,
    (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key),
    (session, mechanism, key))
FUNCTION(C_Decrypt, own_C_Decrypt, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *encrypted_data, CK_ULONG encrypted_data_len, CK_BYTE *data,
     CK_ULONG *data_len),
    (session, encrypted_data, encrypted_data_len, data, data_len))
FUNCTION(C_DecryptUpdate, target->C_DecryptUpdate, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *encrypted_part, CK_ULONG encrypted_part_len, CK_BYTE *part,
     CK_ULONG *part_len),
    (session, encrypted_part, encrypted_part_len, part, part_len))
FUNCTION(C_DecryptFinal, target->C_DecryptFinal, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *last_part, CK_ULONG *last_part_len),
    (session, last_part, last_part_len))
FUNCTION(C_DigestInit, target->C_DigestInit, session, mechanism,
    (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism),
    (session, mechanism))
FUNCTION(C_Digest, target->C_Digest, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *digest, CK_ULONG *digest_len),
    (session, data, data_len, digest, digest_len))
FUNCTION(C_DigestUpdate, target->C_DigestUpdate, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *part, CK_ULONG part_len),
    (session, part, part_len))
FUNCTION(C_DigestKey, target->C_DigestKey, session, NULL,
    (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key),
    (session, key))
FUNCTION(C_DigestFinal, target->C_DigestFinal, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *digest, CK_ULONG *digest_len),
    (session, digest, digest_len))
FUNCTION(C_SignInit, target->C_SignInit, session, mechanism,
    (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key),
    (session, mechanism, key))
FUNCTION(C_Sign, own_C_Sign, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *signature, CK_ULONG *signature_len),
    (session, data, data_len, signature, signature_len))
FUNCTION(C_SignUpdate, target->C_SignUpdate, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *part, CK_ULONG part_len),
    (session, part, part_len))
FUNCTION(C_SignFinal, target->C_SignFinal, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *signature, CK_ULONG *signature_len),
    (session, signature, signature_len))
FUNCTION(C_SignRecoverInit, target->C_SignRecoverInit, session, mechanism,
    (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key),
    (session, mechanism, key))
FUNCTION(C_SignRecover, target->C_SignRecover, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *signature, CK_ULONG *signature_len),
    (session, data, data_len, signature, signature_len))
FUNCTION(C_VerifyInit, target->C_VerifyInit, session, mechanism,
    (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key),
    (session, mechanism, key))
FUNCTION(C_Verify, target->C_Verify, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *signature, CK_ULONG signature_len),
    (session, data, data_len, signature, signature_len))
FUNCTION(C_VerifyUpdate, target->C_VerifyUpdate, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *part, CK_ULONG part_len),
    (session, part, part_len))
FUNCTION(C_VerifyFinal, target->C_VerifyFinal, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *signature, CK_ULONG signature_len),
    (session, signature, signature_len))
FUNCTION(C_VerifyRecoverInit, target->C_VerifyRecoverInit, session, mechanism,
    (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key),
    (session, mechanism, key))
FUNCTION(C_VerifyRecover, target->C_VerifyRecover, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *signature, CK_ULONG signature_len, CK_BYTE *data, CK_ULONG *data_len),
    (session, signature, signature_len, data, data_len))
FUNCTION(C_DigestEncryptUpdate, target->C_DigestEncryptUpdate, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *part, CK_ULONG part_len, CK_BYTE *encrypted_part,
     CK_ULONG *encrypted_part_len),
    (session, part, part_len, encrypted_part, encrypted_part_len))
FUNCTION(C_DecryptDigestUpdate, target->C_DecryptDigestUpdate, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *encrypted_part, CK_ULONG encrypted_part_len, CK_BYTE *part,
     CK_ULONG *part_len),
    (session, encrypted_part, encrypted_part_len, part, part_len))
FUNCTION(C_SignEncryptUpdate, target->C_SignEncryptUpdate, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *part, CK_ULONG part_len, CK_BYTE *encrypted_part,
     CK_ULONG *encrypted_part_len),
    (session, part, part_len, encrypted_part, encrypted_part_len))
FUNCTION(C_DecryptVerifyUpdate, target->C_DecryptVerifyUpdate, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *encrypted_part, CK_ULONG encrypted_part_len, CK_BYTE *part,
     CK_ULONG *part_len),
    (session, encrypted_part, encrypted_part_len, part, part_len))
FUNCTION(C_GenerateKey, own_C_GenerateKey, session, mechanism,
    (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *template, CK_ULONG count,
     CK_OBJECT_HANDLE *key),
    (session, mechanism, template, count, key))
FUNCTION(C_GenerateKeyPair, own_C_GenerateKeyPair, session, mechanism,
    (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *public_key_template,
     CK_ULONG public_key_attribute_count, CK_ATTRIBUTE *private_key_template, CK_ULONG private_key_attribute_count,
     CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key),
    (session, mechanism, public_key_template, public_key_attribute_count, private_key_template,
     private_key_attribute_count, public_key, private_key))
FUNCTION(C_WrapKey, target->C_WrapKey, session, mechanism,
    (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE wrapping_key, CK_OBJECT_HANDLE key,
     CK_BYTE *wrapped_key, CK_ULONG *wrapped_key_len),
    (session, mechanism, wrapping_key, key, wrapped_key, wrapped_key_len))
FUNCTION(C_UnwrapKey, own_C_UnwrapKey, session, mechanism,
    (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE unwrapping_key, CK_BYTE *wrapped_key,
     CK_ULONG wrapped_key_len, CK_ATTRIBUTE *template, CK_ULONG attribute_count, CK_OBJECT_HANDLE *key),
    (session, mechanism, unwrapping_key, wrapped_key, wrapped_key_len, template, attribute_count, key))
FUNCTION(C_DeriveKey, own_C_DeriveKey, session, mechanism,
    (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE base_key, CK_ATTRIBUTE *template,
     CK_ULONG attribute_count, CK_OBJECT_HANDLE *key),
    (session, mechanism, base_key, template, attribute_count, key))
FUNCTION(C_SeedRandom, target->C_SeedRandom, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *seed, CK_ULONG seed_len),
    (session, seed, seed_len))
FUNCTION(C_GenerateRandom, own_C_GenerateRandom, session, NULL,
    (CK_SESSION_HANDLE session, CK_BYTE *random_data, CK_ULONG random_len),
    (session, random_data, random_len))
FUNCTION(C_GetFunctionStatus, target->C_GetFunctionStatus, session, NULL, (CK_SESSION_HANDLE session), (session))
FUNCTION(C_CancelFunction, target->C_CancelFunction, session, NULL, (CK_SESSION_HANDLE session), (session))
