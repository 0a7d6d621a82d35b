/**
 * The one stylesheet of all pages, and the header fields that let nothing else in.
 *
 * It stands in the page itself: a page is one answer, and a policy that names its digest allows no other style, no
 * script, no picture, no frame.
 */
import { createHash } from 'node:crypto';

const sheet = `
:root{--page:#f6f7f9;--card:#fff;--text:#1b2027;--quiet:#57606c;--link:#0a57b5;--line:#dfe3e8;--soft:#f0f3f7;--on-link:#fff}
@media screen and (prefers-color-scheme:dark){:root{--page:#12151a;--card:#1a1e25;--text:#e5e9ee;--quiet:#9ba5b1;--link:#86b7ff;--line:#2c323b;--soft:#232932;--on-link:#0c1626}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--text);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;overflow-wrap:anywhere}
body>*{max-width:60rem;margin:0 auto;padding:0 1.25rem}
h1,h2,h3,p,ul,ol,dl,dd,pre{margin:0;padding:0;list-style:none}
h1{font-size:1.75rem;line-height:1.25;font-weight:650;letter-spacing:-.01em}
h2{font-size:1.15rem;line-height:1.3;font-weight:650}
h3{margin-top:.35rem;font-size:1rem;font-weight:650}
a{color:var(--link);text-decoration-thickness:.06em;text-underline-offset:.18em}
a:focus-visible{outline:.18rem solid var(--link);outline-offset:.12rem;border-radius:.2rem}
bdi{white-space:pre-wrap}
code{font:.9em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;-webkit-user-select:all;user-select:all}
pre{padding:.7rem .9rem;background:var(--soft);border-radius:.4rem;white-space:pre-wrap}
.quiet,header p,footer,dt,.place,.status{color:var(--quiet)}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.path{padding-top:1.75rem;font-size:.95rem}
.path ol{display:flex;flex-wrap:wrap;gap:0 .5em}
.path li::after{content:"/";content:"/" / "";color:var(--quiet);margin-inline-start:.5em}
.path a{display:inline-block;padding:.1rem 0}
main{padding-top:.4rem;padding-bottom:.75rem}
main:first-child{padding-top:2.25rem}
header{margin-bottom:1.5rem}
footer{padding-top:.5rem;padding-bottom:2.5rem;font-size:.875rem}
.card,.list{background:var(--card);border:1px solid var(--line);border-radius:.6rem;overflow:clip}
.card{padding:1.25rem;margin-bottom:1.25rem;display:grid;gap:.75rem}
table{width:100%;border-collapse:collapse}
th,td{padding:.4rem .75rem;text-align:start;font-weight:400;vertical-align:baseline}
tbody tr{border-top:1px solid var(--line)}
tbody tr:hover{background:var(--soft)}
thead th{padding-top:.55rem;padding-bottom:.55rem;font-size:.875rem;color:var(--quiet)}
.size{text-align:end}
td{white-space:nowrap;font-variant-numeric:tabular-nums;color:var(--quiet)}
table a{padding:.15rem 0;text-decoration:none}
a:hover{text-decoration:underline}
th:first-child{padding-inline-start:2.5rem}
tbody th{position:relative}
h1,.path li,tbody th{overflow:clip;overflow-clip-margin:.4rem}
tbody th::before{content:"";position:absolute;inset-inline-start:.9rem;top:.68rem;width:.95rem;height:.95rem;background:var(--quiet);opacity:.75;clip-path:polygon(12% 0,62% 0,88% 27%,88% 100%,12% 100%,12% 0,21% 9%,21% 91%,79% 91%,79% 35%,55% 35%,55% 9%,21% 9%)}
.directory th::before{background:var(--link);opacity:1;clip-path:polygon(0 10%,38% 10%,48% 24%,100% 24%,100% 92%,0 92%)}
.directory th a{font-weight:600}
.pages{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;margin-top:1.25rem}
.button{display:inline-flex;flex-wrap:wrap;align-items:baseline;gap:0 .75em;padding:.65rem 1.4rem;border-radius:.45rem;background:var(--link);color:var(--on-link);font-size:1.1rem;font-weight:650;text-decoration:none}
.button span:last-child{font-weight:400;font-size:.95rem}
.facts{display:flex;flex-wrap:wrap;gap:.5rem 2.5rem}
dt{font-size:.875rem}
.sums{display:grid;gap:.75rem}
.sums div{display:grid;grid-template-columns:10rem 1fr auto;gap:0 1rem;align-items:baseline}
.ways{display:grid;gap:.35rem}
.ways li{display:grid;grid-template-columns:10rem 1fr;gap:0 1rem}
.mirrors{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(15rem,100%),1fr));gap:.2rem 1.5rem}
.place{font-size:.875rem;margin-inline-start:.35em}
.error{display:grid;gap:.35rem}
.error p:last-child{margin-top:1rem}
@media (max-width:40em){
body>*{padding-left:1rem;padding-right:1rem}
h1{font-size:1.4rem}
.card{padding:1rem}
table,tbody{display:block}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
tbody tr{display:flex;flex-wrap:wrap;align-items:baseline;padding:0 1rem .4rem 2.5rem}
tbody tr:first-child{border:0}
tbody th{flex:1 0 calc(100% + 2.5rem);margin-inline-start:-2.5rem;padding:.4rem 0 0}
tbody th::before{top:.68rem}
tbody td{padding:0}
tbody td:not(:empty,:last-child){margin-inline-end:.7rem}
td{font-size:.9rem}
td.more{margin-inline-start:auto}
.sums div{grid-template-columns:1fr auto}
.sums dd:nth-child(2){grid-column:1/-1;grid-row:2}
.ways li{display:block}
}
@media print{
:root{--page:#fff;--card:#fff;--text:#000;--quiet:#333;--link:#000;--line:#999;--soft:#fff;--on-link:#000}
.button{background:none;border:1px solid}
.card,tr{break-inside:avoid}
}
@media (forced-colors:active){
.button{border:1px solid}
tbody th::before{forced-color-adjust:none;background:LinkText}
}
`;

/** As it stands between the tags. */
export const style = sheet.trim();

const digest = createHash('sha256').update(style).digest('base64');

/** Lower-case names. Every answer that is a page has them. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${digest}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};
