#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault.h"

enum { MAX_RULES = 256 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct rule rules[MAX_RULES];
static size_t rule_count;
static struct file_identity known;

// MARK: Reading

/// What follows a rule's kind: a function, numbers, two CKA_IDs, a word that may be missing.
enum shape { NOTHING, FUNCTION_ONLY, FUNCTION_VALUE, FUNCTION_TWO_VALUES, VALUE, TWO_VALUES, TWO_IDS, WORD };

static const struct {
    const char *name;
    enum kind kind;
    enum shape shape;
} grammar[] = {
    {"rv", RV, FUNCTION_VALUE},         {"rvafter", RVAFTER, FUNCTION_VALUE}, {"rvmap", RVMAP, FUNCTION_TWO_VALUES},
    {"delay", DELAY, FUNCTION_VALUE},   {"crash", CRASH, FUNCTION_ONLY},      {"garble", GARBLE, FUNCTION_ONLY},
    {"maxsess", MAXSESS, VALUE},        {"maxpin", MAXPIN, VALUE},            {"tokenflags", TOKENFLAGS, VALUE},
    {"endsessions", ENDSESSIONS, NOTHING}, {"endlogin", ENDLOGIN, NOTHING},   {"endlife", ENDLIFE, VALUE},
    {"idle", IDLE, VALUE},              {"gcmiv", GCMIV, WORD},               {"swapobjects", SWAPOBJECTS, TWO_IDS},
    {"misfind", MISFIND, TWO_IDS},      {"loseobjects", LOSEOBJECTS, WORD},   {"lieattr", LIEATTR, TWO_VALUES},
    {"forceattr", FORCEATTR, TWO_VALUES}, {"cantlock", CANTLOCK, NOTHING},    {"nomech", NOMECH, VALUE},
    {"noslots", NOSLOTS, NOTHING},      {"constrandom", CONSTRANDOM, NOTHING},
};

static const char *next_word(char **rest) {
    return strtok_r(NULL, " \t", rest);
}

static bool read_number(const char *word, unsigned long *value) {
    char *end = NULL;
    if (!word || *word == 0) return false;
    *value = strtoul(word, &end, 0);
    return *end == 0;
}

static bool read_function(const char *word, int *function) {
    if (!word) return false;
    *function = ANY_FUNCTION;
    if (strcmp(word, "*") == 0) return true;
    for (int index = 0; index < FUNCTIONS; index++) {
        if (strcmp(word, function_names[index]) == 0) {
            *function = index;
            return true;
        }
    }
    return false;
}

static bool read_identifier(const char *word, struct identifier *id) {
    size_t size = word ? strlen(word) : 0;
    if (size == 0 || size % 2 != 0 || size > sizeof id->bytes * 2) return false;
    id->size = size / 2;
    for (size_t index = 0; index < id->size; index++) {
        const char digits[] = {word[index * 2], word[index * 2 + 1], 0};
        char *end = NULL;
        id->bytes[index] = (uint8_t)strtoul(digits, &end, 16);
        if (*end != 0) return false;
    }
    return true;
}

static bool is_option(const char *word) {
    static const char *const options[] = {"skip", "times", "every", "shared", "pid"};
    for (size_t index = 0; index < sizeof options / sizeof *options; index++) {
        if (strcmp(word, options[index]) == 0) return true;
    }
    return false;
}

static bool read_option(const char *word, char **rest, struct rule *rule) {
    unsigned long value = 0;
    if (strcmp(word, "shared") == 0) return rule->shared = true;
    if (strcmp(word, "told") == 0 && rule->kind == MAXSESS) {
        memcpy(rule->word, "told", sizeof "told");
        return true;
    }
    if (!is_option(word) || !read_number(next_word(rest), &value)) return false;
    if (strcmp(word, "skip") == 0) rule->skip = value;
    if (strcmp(word, "times") == 0) rule->times = value;
    if (strcmp(word, "every") == 0) rule->every = value;
    if (strcmp(word, "pid") == 0) rule->process = (pid_t)value;
    return true;
}

/// Reads a word that is no option, into `word` or, if it is a CKA_ID, into `ids`. There need not be one.
static bool read_word(const char *word, struct rule *rule) {
    if (rule->kind == LOSEOBJECTS && strcmp(word, "byid") != 0) return read_identifier(word, &rule->ids[0]);
    if (strlen(word) >= sizeof rule->word) return false;
    memcpy(rule->word, word, strlen(word) + 1);
    return true;
}

static bool read_rule(char *line, struct rule *rule) {
    char *rest = NULL;
    const char *name = strtok_r(line, " \t", &rest);
    *rule = (struct rule){.function = ANY_FUNCTION};
    if (!name) return false;
    enum shape shape = NOTHING;
    for (size_t index = 0; index < sizeof grammar / sizeof *grammar; index++) {
        if (strcmp(name, grammar[index].name) != 0) continue;
        rule->kind = grammar[index].kind;
        shape = grammar[index].shape;
    }
    if (rule->kind == NO_RULE) return false;
    bool has_function = shape == FUNCTION_ONLY || shape == FUNCTION_VALUE || shape == FUNCTION_TWO_VALUES;
    bool has_value = shape == FUNCTION_VALUE || shape == FUNCTION_TWO_VALUES || shape == VALUE || shape == TWO_VALUES;
    bool has_second = shape == FUNCTION_TWO_VALUES || shape == TWO_VALUES;
    if (has_function && !read_function(next_word(&rest), &rule->function)) return false;
    if (has_value && !read_number(next_word(&rest), &rule->value)) return false;
    if (has_second && !read_number(next_word(&rest), &rule->second)) return false;
    if (shape == TWO_IDS) {
        if (!read_identifier(next_word(&rest), &rule->ids[0])) return false;
        if (!read_identifier(next_word(&rest), &rule->ids[1])) return false;
    }
    const char *word = next_word(&rest);
    if (shape == WORD && word && !is_option(word)) {
        if (!read_word(word, rule)) return false;
        word = next_word(&rest);
    }
    for (; word; word = next_word(&rest)) {
        if (!read_option(word, &rest, rule)) return false;
    }
    return true;
}

static void read_file(const char *path) {
    rule_count = 0;
    FILE *file = fopen(path, "re");
    if (!file) return;
    char line[MAX_WORD * 4], whole[sizeof line];
    while (fgets(line, sizeof line, file) && rule_count < MAX_RULES) {
        line[strcspn(line, "#\r\n")] = 0;
        memcpy(whole, line, sizeof whole);
        if (line[strspn(line, " \t")] == 0) continue;
        if (read_rule(line, &rules[rule_count])) {
            rule_count++;
        } else {
            // A fault that is not there would let its test pass.
            fprintf(stderr, "fault module: this rule cannot be read: %s\n", whole);
            abort();
        }
    }
    fclose(file);
}

/// What a new control file has done once. Without the mutex: these take others.
static void act_once(void) {
    static const enum kind kinds[] = {ENDSESSIONS, ENDLOGIN, ENDLIFE};
    for (size_t index = 0; index < sizeof kinds / sizeof *kinds; index++) {
        struct rule rule;
        if (!control_first(kinds[index], ANY_FUNCTION, &rule)) continue;
        if (rule.kind == ENDSESSIONS) session_end_all();
        if (rule.kind == ENDLOGIN && session_any() != 0) target->C_Logout(session_any());
        if (rule.kind == ENDLIFE) token_end_life(rule.value);
    }
}

void control_look(void) {
    const char *path = getenv("FAULT_MODULE_CONTROL");
    struct stat status;
    if (!path) return;
    struct file_identity identity = {0};
    if (stat(path, &status) == 0) {
        identity.modified = (uint64_t)status.st_mtim.tv_sec * 1000000000 + (uint64_t)status.st_mtim.tv_nsec;
        identity.size = (uint64_t)status.st_size;
        identity.node = status.st_ino;
    }
    pthread_mutex_lock(&mutex);
    bool is_new = memcmp(&known, &identity, sizeof identity) != 0;
    if (is_new) {
        known = identity;
        read_file(path);
        state_begin(identity);
    }
    pthread_mutex_unlock(&mutex);
    if (is_new) act_once();
}

// MARK: Applying

/// Counts a call that a rule is about; answers whether the rule applies to it.
static bool counts(struct rule *rule, size_t index) {
    uint64_t hit = rule->shared && index < SHARED_RULES ? state_count(index) : rule->hits++;
    if (hit < rule->skip) return false;
    hit -= rule->skip;
    if (rule->every > 1) {
        if (hit % rule->every != 0) return false;
        hit /= rule->every;
    }
    return rule->times == 0 || hit < rule->times;
}

bool control_claim(enum kind kind, int function, size_t *position, struct rule *found) {
    bool result = false;
    pthread_mutex_lock(&mutex);
    while (!result && *position < rule_count) {
        size_t index = (*position)++;
        struct rule *rule = &rules[index];
        if (rule->kind != kind) continue;
        if (rule->function != ANY_FUNCTION && rule->function != function) continue;
        if (rule->process != 0 && rule->process != getpid()) continue;
        if (!counts(rule, index)) continue;
        *found = *rule;
        result = true;
    }
    pthread_mutex_unlock(&mutex);
    return result;
}

bool control_first(enum kind kind, int function, struct rule *found) {
    size_t position = 0;
    return control_claim(kind, function, &position, found);
}
