/* A page of HTML that stands alone. */
#include "fs/form/page.h"

#include <errno.h>

#include "base/hash.h"

enum { BASE64_MAX = 4 * ((SHA256_BYTES + 2) / 3) + 1 };

/* Rows are sorted by a click on the name of a column. Without < and &, so that the page
 * is XML, too. */
static const char script[] =
	"document.querySelectorAll('table').forEach(function (table) {\n"
	"  table.querySelectorAll('thead th').forEach(function (th, at) {\n"
	"    var button = document.createElement('button');\n"
	"    var number = th.className === 'n';\n"
	"    function value(row) {\n"
	"      var cell = row.cells[at];\n"
	"      if (!number) return cell.textContent;\n"
	"      return cell.textContent ? Number(cell.dataset.v) : -Infinity;\n"
	"    }\n"
	"    button.type = 'button';\n"
	"    button.textContent = th.textContent;\n"
	"    th.replaceChildren(button);\n"
	"    button.addEventListener('click', function () {\n"
	"      var was = th.getAttribute('aria-sort');\n"
	"      var up = was ? was === 'descending' : !number;\n"
	"      var rows = Array.from(table.tBodies[0].rows);\n"
	"      rows.sort(function (a, b) {\n"
	"        var x = value(a), y = value(b);\n"
	"        var order = x === y ? 0 : number ? (x > y ? 1 : -1) : "
	"x.localeCompare(y);\n"
	"        return up ? order : -order;\n"
	"      });\n"
	"      table.tBodies[0].append(...rows);\n"
	"      table.querySelectorAll('thead th').forEach(function (other) {\n"
	"        other.removeAttribute('aria-sort');\n"
	"      });\n"
	"      th.setAttribute('aria-sort', up ? 'ascending' : 'descending');\n"
	"    });\n"
	"  });\n"
	"});\n";

static const char common_style[] =
	":root{color-scheme:light dark;--ink:#1f2933;--soft:#5b6775;--ground:#fff;"
	"--band:#f4f6f8;--line:#dde3e9;--link:#0072b2}\n"
	"@media screen and "
	"(prefers-color-scheme:dark){:root{--ink:#e6ebf0;--soft:#a3afbb;"
	"--ground:#12171d;--band:#1b222a;--line:#2c3641;--link:#4aa3df}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0;background:var(--ground);color:var(--ink);"
	"font:15px/1.45 system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',"
	"sans-serif}\n"
	"main{padding:28px 24px 48px;width:fit-content;min-width:min(100%,860px);"
	"margin:0 auto}\n"
	"h1{font-size:24px;line-height:1.25;margin:0}\n"
	"h2{font-size:18px;margin:36px 0 0}\n"
	"header p{margin:4px 0 0;color:var(--soft);max-width:calc(100vw - 48px);"
	"overflow-wrap:anywhere}\n"
	"svg.costs{display:block;max-width:min(860px,calc(100vw - 48px));height:auto;"
	"margin:16px 0 16px -24px}\n"
	"table{border-collapse:separate;border-spacing:0;margin-top:16px;font-size:14px;"
	"min-width:min(100%,860px)}\n"
	"caption{text-align:left;color:var(--soft);padding:0 0 8px}\n"
	"th,td{padding:5px 12px;text-align:left;vertical-align:baseline;"
	"border-bottom:1px solid var(--line);unicode-bidi:isolate;max-width:24em;"
	"overflow-wrap:break-word;white-space:nowrap}\n"
	"th{font-weight:400}\n"
	"thead th{position:sticky;top:0;background:var(--ground);font-weight:600;"
	"border-bottom:2px solid "
	"var(--soft);vertical-align:bottom;overflow-wrap:normal}\n"
	"thead button{all:unset;cursor:pointer}\n"
	"thead button:focus-visible{outline:2px solid var(--link);outline-offset:2px}\n"
	"thead th[aria-sort=ascending] button::after{content:' \\2191'}\n"
	"thead th[aria-sort=descending] button::after{content:' \\2193'}\n"
	".n{text-align:right;font-variant-numeric:tabular-nums;}\n"
	"thead th,.w{white-space:normal}\n"
	".s{color:var(--soft)}\n"
	"tbody tr:nth-child(even){background:var(--band)}\n"
	"tfoot th,tfoot td{font-weight:600;border-top:2px solid var(--soft);"
	"border-bottom:0}\n"
	"tfoot tr+tr th,tfoot tr+tr td{border-top:0}\n"
	"@media "
	"print{main{padding:0;width:auto}body{font-size:10pt}table{font-size:7.5pt}"
	"th,td{white-space:normal;padding:2pt 4pt;overflow-wrap:anywhere}"
	"td.n{white-space:nowrap}thead th{position:static;overflow-wrap:normal}"
	/* Else the totals stand on each sheet of paper. */
	"tfoot{display:table-row-group}"
	"h2{break-after:avoid}tr,svg.costs{break-inside:avoid}svg.costs{margin-left:0}"
	"tbody tr:nth-child(even){background:none}}\n";

/* ret holds BASE64_MAX bytes. */
static void base64(const unsigned char *bytes, size_t len, char *ret)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)bytes[i] << 16;

		if (i + 1 < len)
			v |= (uint32_t)bytes[i + 1] << 8;
		if (i + 2 < len)
			v |= bytes[i + 2];
		*ret++ = digits[v >> 18];
		*ret++ = digits[v >> 12 & 63];
		*ret++ = i + 1 < len ? digits[v >> 6 & 63] : '=';
		*ret++ = i + 2 < len ? digits[v & 63] : '=';
	}
	*ret = '\0';
}

/* What the page may do: our style, this one script, and nothing else. */
static void put_policy(struct markup *m)
{
	unsigned char hash[SHA256_BYTES];
	char text[BASE64_MAX];
	int r = sha256(span_of(script), hash);

	if (r < 0 && !m->failed)
		m->failed = r;
	if (r < 0)
		return;
	base64(hash, sizeof(hash), text);
	markup_put(m,
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
		"'none'; style-src 'unsafe-inline'; script-src 'sha256-%s'; base-uri "
		"'none'; form-action 'none'\"/>\n",
		text);
}

void page_start(struct markup *m, const struct form_about *about, const char *style)
{
	markup_raw(m,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
		"<meta charset=\"utf-8\"/>\n");
	put_policy(m);
	markup_raw(m,
		"<meta name=\"viewport\" content=\"width=device-width, "
		"initial-scale=1\"/>\n<title>");
	markup_text(m, about->title, SIZE_MAX);
	if (about->subtitle.len) {
		markup_raw(m, " – ");
		markup_text(m, about->subtitle, SIZE_MAX);
	}
	markup_raw(m, "</title>\n<style>\n");
	markup_raw(m, common_style);
	markup_raw(m, style);
	markup_raw(m, "</style>\n</head>\n<body>\n<main>\n<header>\n<h1>");
	markup_text(m, about->title, SIZE_MAX);
	markup_raw(m, "</h1>\n<p>");
	markup_text(m, about->subtitle, SIZE_MAX);
	markup_raw(m, "</p>\n</header>\n");
}

void page_end(struct markup *m)
{
	markup_raw(m, "</main>\n<script>");
	markup_raw(m, script);
	markup_raw(m, "</script>\n</body>\n</html>\n");
}
