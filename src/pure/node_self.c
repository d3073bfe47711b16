
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A node's own standing, from what it knows and the time: each worker asks.
 */


#include <string.h>

#include "pure/node_self.h"


#define WSGW_NODE_BEATS     12          /* in a takeover time */
#define WSGW_NODE_BEAT_MIN  1000        /* ms */
#define WSGW_NODE_BEAT_OFF  5000        /* with takeover=off */


static uint64_t wsgw_node_self_away(const wsgw_node_self_t *self, uint64_t now);


void
wsgw_node_self_conf(wsgw_node_conf_t *conf, uint64_t takeover, unsigned claims,
    unsigned fence)
{
    conf->takeover = takeover;
    conf->claims = claims && takeover != 0;
    conf->fence = fence && takeover != 0;
    conf->beat = takeover != 0 ? takeover / WSGW_NODE_BEATS
                               : WSGW_NODE_BEAT_OFF;

    if (conf->beat < WSGW_NODE_BEAT_MIN) {
        conf->beat = WSGW_NODE_BEAT_MIN;
    }

    conf->polls = (uint32_t) ((takeover + conf->beat - 1) / conf->beat);
}


void
wsgw_node_self_init(wsgw_node_self_t *self, uint32_t number, uint64_t token)
{
    memset(self, 0, sizeof(wsgw_node_self_t));

    self->number = number;
    self->token = token;
}


/*
 * Counted from when the last beat left: Redis has it no earlier.  The clock of
 * a zone that outlived its host's last start may be ahead.
 */

static uint64_t
wsgw_node_self_away(const wsgw_node_self_t *self, uint64_t now)
{
    return now >= self->acked ? now - self->acked : UINT64_MAX;
}


/* 1: others may have claimed us meanwhile */

int
wsgw_node_self_long_away(const wsgw_node_conf_t *conf,
    const wsgw_node_self_t *self, uint64_t now)
{
    return conf->claims
           && wsgw_node_self_away(self, now) >= conf->takeover - conf->beat;
}


wsgw_node_state_t
wsgw_node_self_tick(const wsgw_node_conf_t *conf,
    const wsgw_node_self_t *self, uint64_t now)
{
    if (self->state != WSGW_NODE_REGISTERED && self->state != WSGW_NODE_CUT) {
        return (wsgw_node_state_t) self->state;
    }

    if (conf->fence
        && wsgw_node_self_away(self, now)
           >= conf->takeover - 2 * conf->beat)
    {
        return WSGW_NODE_FENCED;
    }

    if (self->returns != 0
        || wsgw_node_self_away(self, now) >= 3 * conf->beat)
    {
        return WSGW_NODE_CUT;
    }

    return (wsgw_node_state_t) self->state;
}


/*
 * A node that comes back after it may have been claimed says nothing to others
 * until it knows: an id of it that was gone once must not work again.
 */

int
wsgw_node_self_serves(const wsgw_node_conf_t *conf,
    const wsgw_node_self_t *self, uint64_t now)
{
    switch (wsgw_node_self_tick(conf, self, now)) {

    case WSGW_NODE_REGISTERED:
        return 1;

    case WSGW_NODE_CUT:
        return self->returns == 0
               && !wsgw_node_self_long_away(conf, self, now);

    default:
        return 0;
    }
}


void
wsgw_node_self_absent(const wsgw_node_conf_t *conf,
    const wsgw_node_self_t *self, wsgw_node_found_t *found, uint64_t read_at)
{
    if (found->absent == 0
        || self->since == 0
        || found->absent < self->since)
    {
        found->absent = read_at;
        found->gone = 0;

    } else if (found->gone == 0 && read_at - found->absent >= conf->takeover) {
        found->gone = read_at;
    }
}


wsgw_node_verdict_t
wsgw_node_self_ask(const wsgw_node_conf_t *conf, const wsgw_node_self_t *self,
    uint64_t now, const wsgw_node_found_t *found)
{
    /*
     * Who has ended took its line along.  If there is one again then the number
     * was drawn again, unless somebody claims: one that was claimed writes its
     * line until it knows.
     */

    if (found->dead
        && (conf->claims || (found->line == NULL && !found->other)))
    {
        return WSGW_NODE_GONE;
    }

    /*
     * If our own beat is not taken either, as by a Redis that lacks replicas or
     * memory, or was not until now, then others' standing still says nothing:
     * messages may get there.
     */

    if (found->line != NULL) {
        return found->unchanged > WSGW_NODE_SUSPECT_POLLS * conf->beat
               && self->since != 0
               && now - self->since >= WSGW_NODE_SUSPECT_POLLS * conf->beat
               ? WSGW_NODE_SUSPECT : WSGW_NODE_ASK;
    }

    /*
     * An owner that is connected is back within a beat, whatever Redis has
     * lost.  That it had lost nothing when this was read is known from our own
     * line, which was there at a later beat.  A master that others have left is
     * told so within the time.
     */

    if (!found->other
        && !found->cover
        && conf->claims
        && found->gone != 0
        && self->since != 0
        && found->absent >= self->since
        && self->acked > found->gone
        && now - self->polled <= 2 * conf->beat)
    {
        return WSGW_NODE_GONE;
    }

    return WSGW_NODE_UNSURE;
}
