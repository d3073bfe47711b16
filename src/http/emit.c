
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Series written as text: Prometheus' format, OpenMetrics or JSON.
 */


#include "http/emit.h"
#include "pure/utf8.h"


/* bytes of a text, to begin with */
#define NGX_HTTP_WSGW_EMIT_TEXT  65536


#define ngx_http_wsgw_emit_string(e, text)                                    \
    ngx_http_wsgw_json_put(&(e)->w, (u_char *) (text), ngx_strlen(text))


static void ngx_http_wsgw_emit_end(ngx_http_wsgw_emit_t *e);
static size_t ngx_http_wsgw_emit_base(ngx_http_wsgw_emit_t *e);
static void ngx_http_wsgw_emit_begin(ngx_http_wsgw_emit_t *e,
    const char *suffix, ngx_str_t *le);
static void ngx_http_wsgw_emit_labels(ngx_http_wsgw_emit_t *e, ngx_str_t *le);
static void ngx_http_wsgw_emit_escaped(ngx_http_wsgw_emit_t *e,
    ngx_str_t *value);
static void ngx_http_wsgw_emit_number(ngx_http_wsgw_emit_t *e, uint64_t value,
    ngx_uint_t ms);
static ngx_str_t ngx_http_wsgw_emit_bound(u_char *buf, uint32_t bound,
    ngx_uint_t scale);
static void ngx_http_wsgw_emit_bucket(ngx_http_wsgw_emit_t *e, ngx_uint_t i,
    ngx_str_t *le, uint64_t count);


static const char *const  ngx_http_wsgw_emit_types[] = {
    "counter", "gauge", "histogram"
};


void
ngx_http_wsgw_emit_init(ngx_http_wsgw_emit_t *e, ngx_pool_t *pool,
    ngx_http_wsgw_emit_format_e format)
{
    ngx_memzero(e, sizeof(ngx_http_wsgw_emit_t));

    ngx_http_wsgw_writer_init(&e->w, pool, NGX_HTTP_WSGW_EMIT_TEXT);
    e->format = format;

    if (format == ngx_http_wsgw_emit_json) {
        ngx_http_wsgw_json_literal(&e->w, "{");
    }
}


ngx_int_t
ngx_http_wsgw_emit_finish(ngx_http_wsgw_emit_t *e, ngx_str_t *text)
{
    ngx_http_wsgw_emit_end(e);

    switch (e->format) {

    case ngx_http_wsgw_emit_json:
        ngx_http_wsgw_json_literal(&e->w, "\n}\n");
        break;

    case ngx_http_wsgw_emit_openmetrics:
        ngx_http_wsgw_json_literal(&e->w, "# EOF\n");
        break;

    default: /* ngx_http_wsgw_emit_prometheus */
        break;
    }

    return ngx_http_wsgw_writer_text(&e->w, text);
}


static void
ngx_http_wsgw_emit_end(ngx_http_wsgw_emit_t *e)
{
    if (e->family && e->format == ngx_http_wsgw_emit_json) {
        ngx_http_wsgw_json_literal(&e->w, "]}");
    }
}


void
ngx_http_wsgw_emit_family(ngx_http_wsgw_emit_t *e,
    const ngx_http_wsgw_emit_family_t *family)
{
    ngx_http_wsgw_emit_end(e);

    if (e->format == ngx_http_wsgw_emit_json) {

        if (e->family) {
            ngx_http_wsgw_json_literal(&e->w, ",");
        }

        ngx_http_wsgw_json_literal(&e->w, "\n\"");
        ngx_http_wsgw_emit_string(e, family->name);
        ngx_http_wsgw_json_literal(&e->w, "\":{\"type\":\"");
        ngx_http_wsgw_emit_string(e, ngx_http_wsgw_emit_types[family->type]);
        ngx_http_wsgw_json_literal(&e->w, "\",\"help\":\"");
        ngx_http_wsgw_emit_string(e, family->help);
        ngx_http_wsgw_json_literal(&e->w, "\",\"values\":[");

        e->family = family;
        e->first = 1;

        return;
    }

    e->family = family;

    ngx_http_wsgw_json_literal(&e->w, "# HELP ");
    ngx_http_wsgw_json_put(&e->w, (u_char *) family->name,
                           ngx_http_wsgw_emit_base(e));
    ngx_http_wsgw_json_literal(&e->w, " ");
    ngx_http_wsgw_emit_string(e, family->help);
    ngx_http_wsgw_json_literal(&e->w, "\n# TYPE ");
    ngx_http_wsgw_json_put(&e->w, (u_char *) family->name,
                           ngx_http_wsgw_emit_base(e));
    ngx_http_wsgw_json_literal(&e->w, " ");
    ngx_http_wsgw_emit_string(e, ngx_http_wsgw_emit_types[family->type]);
    ngx_http_wsgw_json_literal(&e->w, "\n");
}


/* In OpenMetrics a counter's family is called without "_total". */

static size_t
ngx_http_wsgw_emit_base(ngx_http_wsgw_emit_t *e)
{
    size_t  len;

    len = ngx_strlen(e->family->name);

    return e->format == ngx_http_wsgw_emit_openmetrics
           && e->family->type == ngx_http_wsgw_emit_counter
           ? len - (sizeof("_total") - 1) : len;
}


void
ngx_http_wsgw_emit_label(ngx_http_wsgw_emit_t *e, const char *name,
    ngx_str_t *value)
{
    if (e->nlabels < NGX_HTTP_WSGW_EMIT_LABELS) {
        e->labels[e->nlabels].name = name;
        e->labels[e->nlabels].value = *value;
        e->nlabels++;
    }
}


void
ngx_http_wsgw_emit_word(ngx_http_wsgw_emit_t *e, const char *name,
    const char *value)
{
    ngx_str_t  text;

    text.data = (u_char *) value;
    text.len = ngx_strlen(value);

    ngx_http_wsgw_emit_label(e, name, &text);
}


void
ngx_http_wsgw_emit_value(ngx_http_wsgw_emit_t *e, uint64_t value)
{
    ngx_http_wsgw_emit_begin(e, "", NULL);
    ngx_http_wsgw_emit_number(e, value, 0);
}


void
ngx_http_wsgw_emit_ms(ngx_http_wsgw_emit_t *e, uint64_t ms)
{
    ngx_http_wsgw_emit_begin(e, "", NULL);
    ngx_http_wsgw_emit_number(e, ms, 1);
}


static void
ngx_http_wsgw_emit_begin(ngx_http_wsgw_emit_t *e, const char *suffix,
    ngx_str_t *le)
{
    if (e->format == ngx_http_wsgw_emit_json) {

        if (!e->first) {
            ngx_http_wsgw_json_literal(&e->w, ",");
        }

        e->first = 0;

        ngx_http_wsgw_json_literal(&e->w, "\n{\"labels\":{");
        ngx_http_wsgw_emit_labels(e, NULL);
        ngx_http_wsgw_json_literal(&e->w, "},\"value\":");

        return;
    }

    ngx_http_wsgw_emit_string(e, e->family->name);
    ngx_http_wsgw_emit_string(e, suffix);

    if (e->nlabels || le) {
        ngx_http_wsgw_json_literal(&e->w, "{");
        ngx_http_wsgw_emit_labels(e, le);
        ngx_http_wsgw_json_literal(&e->w, "}");
    }

    ngx_http_wsgw_json_literal(&e->w, " ");
}


static void
ngx_http_wsgw_emit_labels(ngx_http_wsgw_emit_t *e, ngx_str_t *le)
{
    ngx_uint_t                   i, json;
    ngx_http_wsgw_emit_label_t  *label;

    json = (e->format == ngx_http_wsgw_emit_json);

    for (i = 0; i < e->nlabels; i++) {
        label = &e->labels[i];

        if (i) {
            ngx_http_wsgw_json_literal(&e->w, ",");
        }

        if (json) {
            ngx_http_wsgw_json_literal(&e->w, "\"");
            ngx_http_wsgw_emit_string(e, label->name);
            ngx_http_wsgw_json_literal(&e->w, "\":");
            ngx_http_wsgw_writer_string(&e->w, label->value.data,
                                        label->value.len);
            continue;
        }

        ngx_http_wsgw_emit_string(e, label->name);
        ngx_http_wsgw_json_literal(&e->w, "=\"");
        ngx_http_wsgw_emit_escaped(e, &label->value);
        ngx_http_wsgw_json_literal(&e->w, "\"");
    }

    if (le) {
        if (e->nlabels) {
            ngx_http_wsgw_json_literal(&e->w, ",");
        }

        ngx_http_wsgw_json_literal(&e->w, "le=\"");
        ngx_http_wsgw_json_put(&e->w, le->data, le->len);
        ngx_http_wsgw_json_literal(&e->w, "\"");
    }
}


/* The text formats have three escapes, and other characters as they are. */

static void
ngx_http_wsgw_emit_escaped(ngx_http_wsgw_emit_t *e, ngx_str_t *value)
{
    u_char      *p, *last;
    ngx_str_t    text;
    const char  *escape;

    text = *value;

    if (!wsgw_utf8_is_valid(text.data, text.len)) {
        text = ngx_http_wsgw_writer_repaired(&e->w, text.data, text.len);
    }

    last = text.data + text.len;

    for (p = text.data; p < last; p++) {

        switch (*p) {

        case '\n':
            escape = "\\n";
            break;

        case '"':
            escape = "\\\"";
            break;

        case '\\':
            escape = "\\\\";
            break;

        default:
            continue;
        }

        ngx_http_wsgw_json_put(&e->w, text.data, p - text.data);
        ngx_http_wsgw_emit_string(e, escape);

        text.data = p + 1;
    }

    ngx_http_wsgw_json_put(&e->w, text.data, last - text.data);
}


static void
ngx_http_wsgw_emit_number(ngx_http_wsgw_emit_t *e, uint64_t value,
    ngx_uint_t ms)
{
    u_char  *p, buf[NGX_INT64_LEN + sizeof(".000") + 1];

    p = ms ? ngx_sprintf(buf, "%uL.%03uL", value / 1000, value % 1000)
           : ngx_sprintf(buf, "%uL", value);

    ngx_http_wsgw_json_put(&e->w, buf, p - buf);

    if (e->format == ngx_http_wsgw_emit_json) {
        ngx_http_wsgw_json_literal(&e->w, "}");

    } else {
        ngx_http_wsgw_json_literal(&e->w, "\n");
    }
}


void
ngx_http_wsgw_emit_times(ngx_http_wsgw_emit_t *e, const uint32_t *bounds,
    ngx_uint_t n, ngx_uint_t scale, const uint64_t *counts)
{
    u_char      buf[NGX_INT64_LEN + sizeof(".000")];
    uint64_t    count, sum;
    ngx_str_t   le;
    ngx_uint_t  i;

    count = 0;

    if (e->format == ngx_http_wsgw_emit_json) {
        ngx_http_wsgw_emit_begin(e, "", NULL);
        ngx_http_wsgw_json_literal(&e->w, "{\"buckets\":{");
    }

    for (i = 0; i < n; i++) {
        count += counts ? counts[i] : 0;
        le = ngx_http_wsgw_emit_bound(buf, bounds[i], scale);
        ngx_http_wsgw_emit_bucket(e, i, &le, count);
    }

    count += counts ? counts[n] : 0;
    sum = counts ? counts[n + 1] : 0;

    ngx_str_set(&le, "+Inf");
    ngx_http_wsgw_emit_bucket(e, n, &le, count);

    if (e->format == ngx_http_wsgw_emit_json) {
        ngx_http_wsgw_json_literal(&e->w, "},\"count\":");
        ngx_http_wsgw_writer_number(&e->w, count);
        ngx_http_wsgw_json_literal(&e->w, ",\"sum\":");
        ngx_http_wsgw_emit_number(e, sum, 1);
        ngx_http_wsgw_json_literal(&e->w, "}");

        return;
    }

    ngx_http_wsgw_emit_begin(e, "_sum", NULL);
    ngx_http_wsgw_emit_number(e, sum, 1);
    ngx_http_wsgw_emit_begin(e, "_count", NULL);
    ngx_http_wsgw_emit_number(e, count, 0);
}


/* as other exporters write it: "0.001", "2.5", "10.0" */

static ngx_str_t
ngx_http_wsgw_emit_bound(u_char *buf, uint32_t bound, ngx_uint_t scale)
{
    u_char     *p;
    ngx_str_t   text;

    p = ngx_sprintf(buf, "%uD", (uint32_t) (bound / scale));

    if (bound % scale == 0) {
        p = ngx_sprintf(p, ".0");

    } else {
        p = ngx_sprintf(p, ".%03uD", (uint32_t) (bound % scale));

        while (p[-1] == '0') {
            p--;
        }
    }

    text.data = buf;
    text.len = p - buf;

    return text;
}


static void
ngx_http_wsgw_emit_bucket(ngx_http_wsgw_emit_t *e, ngx_uint_t i,
    ngx_str_t *le, uint64_t count)
{
    if (e->format != ngx_http_wsgw_emit_json) {
        ngx_http_wsgw_emit_begin(e, "_bucket", le);
        ngx_http_wsgw_emit_number(e, count, 0);
        return;
    }

    if (i) {
        ngx_http_wsgw_json_literal(&e->w, ",");
    }

    ngx_http_wsgw_json_literal(&e->w, "\"");
    ngx_http_wsgw_json_put(&e->w, le->data, le->len);
    ngx_http_wsgw_json_literal(&e->w, "\":");
    ngx_http_wsgw_writer_number(&e->w, count);
}
