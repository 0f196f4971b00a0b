/* Latencies in whole microseconds: exact below a second, which no benchmarked request should reach. */
#ifndef STRONGROOM_LOAD_HISTOGRAM_H
#define STRONGROOM_LOAD_HISTOGRAM_H

#include <stdint.h>
#include <string.h>

enum { histogram_slots = 1000000 };

struct histogram {
    uint32_t counts[histogram_slots];
    uint64_t total, min, max;
};

static inline void histogram_clear(struct histogram *histogram) {
    memset(histogram, 0, sizeof *histogram);
    histogram->min = UINT64_MAX;
}

static inline void histogram_add(struct histogram *histogram, uint64_t microseconds) {
    histogram->counts[microseconds < histogram_slots ? microseconds : histogram_slots - 1]++;
    histogram->total++;
    if (microseconds < histogram->min) histogram->min = microseconds;
    if (microseconds > histogram->max) histogram->max = microseconds;
}

/* The smallest latency that at least `fraction` of the requests did not exceed. */
static inline uint64_t histogram_quantile(const struct histogram *histogram, double fraction) {
    uint64_t wanted = (uint64_t)(fraction * (double)histogram->total + 0.999999), seen = 0;
    for (uint64_t slot = 0; slot < histogram_slots; slot++) {
        seen += histogram->counts[slot];
        if (seen >= wanted && seen > 0) return slot == histogram_slots - 1 ? histogram->max : slot;
    }
    return 0;
}

#endif
