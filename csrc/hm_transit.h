/* The walk of circulating tumour cells and clusters (CTCs) through the body network.
 *
 * A continuous-time Markov walk of individuals, solved event by event. A free CTC leaves its
 * well-mixed compartment at rate flow/volume by an edge drawn in proportion to flow, or dies at
 * its hazard of death in blood, or is filtered out. On entering a capillary bed it is arrested with probability p,
 *     logit p = logit p_bed + a (d - d0) + c ln n,
 * d [um] the largest diameter in the cluster and n its number of cells. Of the arrested a
 * fraction is reversible (released into the bed's compartment, or dies), the others extravasate
 * or die at the end of `num_stages` stages of equal mean. A cluster travels, dies and extravasates
 * as one. Times in hours.
 *
 * What changes a cluster itself (a cell parts from it, or changes its phenotype) pauses its walk:
 * the caller alters the columns and sets `pause` to HM_RESUME, and the walk goes on from there.
 *
 * Random numbers are keyed by (seed, HM_STREAM_TRANSIT) and counted by (serial number, event
 * number): the time and kind of the next event are fixed on entering a state, so the walk
 * depends neither on threads nor on where the caller's time steps begin and end.
 *
 * The caller owns all memory; there is no global state.
 */
#ifndef HM_TRANSIT_H
#define HM_TRANSIT_H

#include <stdint.h>

#include "hm_core.h"
#include "hm_rng.h"

/* Where a CTC is; from HM_CTC_DIED_IN_BLOOD on its walk is over. */
enum hm_ctc_mode {
    HM_CTC_ENTERING = 0,     /* placed in a compartment, enters the blood at next_time */
    HM_CTC_FREE = 1,
    HM_CTC_REVERSIBLE = 2,   /* arrested; will be released or die */
    HM_CTC_IRREVERSIBLE = 3, /* arrested; will extravasate or die */
    HM_CTC_DIED_IN_BLOOD = 4,
    HM_CTC_DIED_ARRESTED = 5,
    HM_CTC_EXTRAVASATED = 6,
    HM_CTC_FILTERED = 7,
    HM_CTC_MODES = 8
};

/* Why a walk stands still at next_time. */
enum hm_ctc_pause {
    HM_WALKING = 0,
    HM_PARTING = 1,  /* a cell leaves the cluster */
    HM_CHANGING = 2, /* a cell changes its phenotype */
    HM_RESUME = 3,   /* altered by the caller: walks on from next_time in its mode */
    HM_CTC_PAUSES = 4
};

/* Causes of death in blood, in the order of the columns of `cause_cumulative`. */
#define HM_DEATH_CAUSES 3

/* What is recorded of a walk (changes of compartment are not); the last three by the caller. */
enum hm_blood_event {
    HM_ARREST = 0,
    HM_RELEASE = 1,
    HM_DEATH_IN_BLOOD = 2,
    HM_DEATH_ARRESTED = 3,
    HM_EXTRAVASATION = 4,
    HM_DEATH_IMMUNE = 5,
    HM_DEATH_SHEAR = 6,
    HM_FILTRATION = 7,
    HM_PARTED = 8,
    HM_CHANGED = 9,
    HM_DRAWN = 10
};

/* Compartments, their outgoing edges (rows of a compressed table) and what each bed does. */
typedef struct {
    int32_t num_nodes, num_edges;
    const double *exit_rate;          /* (nodes) flow / volume [1/h] */
    const int32_t *first_edge;        /* (nodes + 1) */
    const int32_t *edge_target;       /* (edges) */
    const double *edge_cumulative;    /* (edges) cumulative share of its node's outflow, last 1 */
    const uint8_t *is_bed;            /* (nodes) */
    const double *arrest_probability; /* (nodes) p_bed of a single cell of diameter d0; likewise: */
    const double *reversible_fraction;
    const double *release_rate;        /* of the reversibly arrested [1/h] */
    const double *extravasation_rate;  /* of the irreversibly arrested [1/h] */
    const double *arrested_death_rate; /* of both [1/h] */
    const double *death_rate;          /* in blood, by all causes [1/h] */
    const double *cause_cumulative;    /* (nodes, HM_DEATH_CAUSES) cumulative shares of it, last 1 */
    const double *filter_rate;         /* removal by a filter [1/h] */
    int32_t num_stages;                /* of irreversible arrest, 1 to 255 */
    double arrest_per_diameter;        /* a [1/um] */
    double reference_diameter;         /* d0 [um] */
    double arrest_per_log_size;        /* c [1] */
} hm_body_t;

/* Columns of n CTCs or clusters. */
typedef struct {
    int64_t n;
    const uint64_t *serial;   /* identity of the random numbers */
    const uint32_t *cells;    /* in the cluster */
    const float *diameter;    /* of its largest cell [um] */
    const float *death_factor; /* on its death in blood [1] */
    const float *parting_rate; /* of a cell from it while free [1/h] */
    const float *change_rate;  /* of a cell's phenotype [1/h] */
    uint8_t *mode;            /* enum hm_ctc_mode */
    uint8_t *pause;           /* enum hm_ctc_pause */
    uint8_t *stage;           /* of irreversible arrest, from 0 */
    uint16_t *node;           /* compartment */
    double *next_time;        /* of its next event [h]; of its last where the walk is over */
    uint32_t *event;          /* number of the next event; the entry is event 0 */
    uint32_t *passes;         /* capillary beds entered */
    double *arrested_since;   /* [h]; meaningful while arrested */
    double *time_arrested;    /* in arrests that are over [h] */
} hm_ctcs_t;

/* Columns of recorded events. */
typedef struct {
    double *time; /* [h] */
    uint64_t *cluster;
    uint32_t *cells;
    uint8_t *event; /* enum hm_blood_event */
    uint16_t *node;
} hm_blood_events_t;

/* HM_OK, or the status of the first unusable entry of the tables. */
int hm_body_check(const hm_body_t *body);

/* Probability that a bed arrests an entering CTC; exact for p_bed = 0 and 1. */
double hm_arrest_probability(const hm_body_t *body, int32_t bed, double diameter, uint32_t cells);

/* Draw for each serial number the compartment it enters: num_drains nodes with cumulative
 * probabilities `cumulative`, the last one 1. */
int hm_transit_start(uint64_t seed, int64_t n, const uint64_t *serial, int32_t num_drains,
                     const uint16_t *drain, const double *cumulative, uint16_t *node);

/* Let every CTC walk until `end` [h] that records at most `room` events on its way, in one pass:
 * they go to rows i room ... i room + rows[i] - 1 of `events` (n room rows), in order of time. A
 * CTC that would record more stays where it is, with rows[i] = -1: for it, and it alone, the
 * caller goes on to hm_transit_count() and hm_transit_advance(). */
int hm_transit_try(const hm_body_t *body, uint64_t seed, double end, const hm_ctcs_t *ctcs, int num_threads,
                   int32_t room, const hm_blood_events_t *events, int32_t *rows, int64_t *num_transitions);

/* Count the events that each CTC will record before `end` [h] without moving it: offset
 * (n + 1) is their running sum, offset[n] the rows that hm_transit_advance() writes. */
int hm_transit_count(const hm_body_t *body, uint64_t seed, double end, const hm_ctcs_t *ctcs,
                     int num_threads, int64_t *offset);

/* Let every CTC walk until `end` [h]; writes its events to rows offset[i] ... offset[i + 1] - 1
 * in order of time, and the number of all transitions, changes of compartment included. */
int hm_transit_advance(const hm_body_t *body, uint64_t seed, double end, const hm_ctcs_t *ctcs,
                       int num_threads, const int64_t *offset, const hm_blood_events_t *events,
                       int64_t *num_transitions);

#endif
