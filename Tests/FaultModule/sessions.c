#define _GNU_SOURCE
#include <pthread.h>
#include <string.h>

#include "fault.h"

enum { MAX_SESSIONS = 1024 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct session sessions[MAX_SESSIONS];

static struct session *find(CK_SESSION_HANDLE handle) {
    for (size_t index = 0; index < MAX_SESSIONS; index++) {
        if (sessions[index].open && sessions[index].handle == handle) return &sessions[index];
    }
    return NULL;
}

static uint64_t count(void) {
    uint64_t open = 0;
    for (size_t index = 0; index < MAX_SESSIONS; index++) open += sessions[index].open ? 1 : 0;
    return open;
}

struct session *session_record(CK_SESSION_HANDLE handle) {
    pthread_mutex_lock(&mutex);
    struct session *session = find(handle);
    pthread_mutex_unlock(&mutex);
    return session;
}

bool session_is_dead(CK_SESSION_HANDLE handle) {
    struct rule rule;
    bool limited = control_first(IDLE, ANY_FUNCTION, &rule);
    uint64_t now = now_nanoseconds();
    pthread_mutex_lock(&mutex);
    struct session *session = find(handle);
    if (session && limited && now - session->used > rule.value * 1000000000) session->dead = true;
    if (session) session->used = now;
    bool dead = session && session->dead;
    pthread_mutex_unlock(&mutex);
    return dead;
}

void session_end_all(void) {
    pthread_mutex_lock(&mutex);
    for (size_t index = 0; index < MAX_SESSIONS; index++) sessions[index].dead = true;
    pthread_mutex_unlock(&mutex);
}

void session_forget_all(void) {
    pthread_mutex_lock(&mutex);
    memset(sessions, 0, sizeof sessions);
    pthread_mutex_unlock(&mutex);
    state_note_sessions(0);
}

CK_SESSION_HANDLE session_any(void) {
    CK_SESSION_HANDLE handle = 0;
    pthread_mutex_lock(&mutex);
    for (size_t index = 0; index < MAX_SESSIONS && handle == 0; index++) {
        if (sessions[index].open) handle = sessions[index].handle;
    }
    pthread_mutex_unlock(&mutex);
    return handle;
}

static bool has_room(void) {
    struct rule rule;
    if (!control_first(MAXSESS, F_C_OpenSession, &rule)) return true;
    uint64_t open = count();
    uint64_t all = state_note_sessions(open);
    return (rule.shared ? all : open) < rule.value;
}

CK_RV own_C_OpenSession(
    CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify, CK_SESSION_HANDLE *handle) {
    // One at a time: two must not both find the last place.
    pthread_mutex_lock(&mutex);
    CK_RV value = CKR_SESSION_COUNT;
    if (has_room()) {
        value = target->C_OpenSession(slot, flags, application, notify, handle);
        struct session *old = value == CKR_OK ? find(*handle) : NULL;
        for (size_t index = 0; value == CKR_OK && !old && index < MAX_SESSIONS; index++) {
            if (!sessions[index].open) old = &sessions[index];
        }
        if (old) *old = (struct session){.handle = *handle, .open = true, .used = now_nanoseconds()};
        if (value == CKR_OK) state_note_sessions(count());
    }
    pthread_mutex_unlock(&mutex);
    return value;
}

CK_RV own_C_CloseSession(CK_SESSION_HANDLE handle) {
    pthread_mutex_lock(&mutex);
    struct session *session = find(handle);
    bool was_dead = session && session->dead;
    CK_RV value = target->C_CloseSession(handle);
    if (session) *session = (struct session){0};
    state_note_sessions(count());
    pthread_mutex_unlock(&mutex);
    return was_dead ? CKR_SESSION_HANDLE_INVALID : value;
}

CK_RV own_C_CloseAllSessions(CK_SLOT_ID slot) {
    session_forget_all();
    return target->C_CloseAllSessions(slot);
}
