#include "client/report_style.h"

namespace salus::client {
namespace {

constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--bg:#f6f6f2;--card:#fff;--ink:#1c2530;--muted:#5b6774;--line:#dfe2e0;
--accent:#0b6b70;--accent-soft:rgba(11,107,112,.17);--point:#b04a0c;--pick:#5b3fa6;--faint:#c9cfd3;
--good:#2f6f3e;--shadow:0 1px 2px rgba(20,30,40,.05),0 6px 24px -12px rgba(20,30,40,.12)}
@media (prefers-color-scheme:dark){:root{--bg:#0f141a;--card:#161d25;--ink:#e5eaee;--muted:#9aa7b3;
--line:#2a343e;--accent:#56c5c4;--accent-soft:rgba(86,197,196,.2);--point:#ffab6f;--pick:#bda8ff;
--faint:#3d4955;--good:#7fcf93;--shadow:none}}
*{box-sizing:border-box}
html{scroll-behavior:smooth}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--bg);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI","Noto Sans","DejaVu Sans",sans-serif}
main,header.top,footer{max-width:1180px;margin:0 auto;padding:0 24px}
header.top{padding-top:44px}
h1,h2,h3{font-family:Charter,"Bitstream Charter","Iowan Old Style","Source Serif 4",Georgia,
"Noto Serif","DejaVu Serif",serif;font-weight:600;letter-spacing:-.01em;line-height:1.2;margin:0}
h1{font-size:clamp(1.8rem,4vw,2.5rem)}
h2{font-size:1.5rem}
h3{font-size:1.04rem;margin:0 0 8px}
p{margin:.5em 0}
.kicker{color:var(--accent);font-weight:600;font-size:.82rem;letter-spacing:.08em;
text-transform:uppercase;margin:0 0 6px}
.lead{max-width:72ch;color:var(--muted);font-size:1.05rem}
.lead strong{color:var(--ink);font-weight:600}
a{color:var(--accent);text-underline-offset:2px}
:focus-visible{outline:2.5px solid var(--pick);outline-offset:3px;border-radius:4px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(158px,1fr));gap:12px;
margin:26px 0 30px;padding:0;list-style:none}
.tiles li{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 16px;
box-shadow:var(--shadow)}
.tiles b{display:block;font-size:1.42rem;font-weight:600;font-variant-numeric:tabular-nums;
letter-spacing:-.01em}
.tiles li>span{color:var(--muted);font-size:.86rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:24px;
margin:0 0 26px;box-shadow:var(--shadow);scroll-margin-top:12px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.9rem}
caption{text-align:left;color:var(--muted);font-size:.86rem;padding:0 0 8px}
th,td{padding:6px 10px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th{font-weight:600;color:var(--muted);font-size:.8rem;vertical-align:bottom}
th:first-child,td:first-child,.left{text-align:left}
tbody tr:last-child td,tbody tr:last-child th{border-bottom:0}
tbody tr:hover{background:color-mix(in srgb,var(--accent) 6%,transparent)}
tbody th{color:var(--ink);font-size:inherit}
td.spark{padding:2px 10px}td.spark svg{width:112px;height:30px;display:block}
.head{display:flex;flex-wrap:wrap;align-items:baseline;gap:4px 18px;margin-bottom:18px}
.head p{margin:0;color:var(--muted);font-size:.93rem}
.split{display:grid;grid-template-columns:minmax(0,1.75fr) minmax(280px,1fr);gap:30px}
.alts{display:grid;grid-template-columns:minmax(0,1.35fr) minmax(330px,1fr);gap:30px;
border-top:1px solid var(--line);margin-top:24px;padding-top:22px}
@media (max-width:900px){.split,.alts{grid-template-columns:minmax(0,1fr)}.card{padding:18px}}
figure{margin:0}
figure svg{width:100%;height:auto;display:block;border-radius:6px;touch-action:pan-y}
figcaption,.note{color:var(--muted);font-size:.86rem;margin-top:6px}
.axis text{fill:var(--muted);font-size:12.5px;font-variant-numeric:tabular-nums}
.axis .label{font-size:13px}
.axis path{fill:none;stroke:var(--line)}.axis .base{stroke:var(--muted);stroke-opacity:.6}
.line{fill:none;stroke:var(--faint);stroke-width:1.2;stroke-linejoin:round}
.given{stroke:var(--accent);stroke-width:2.4}
.band{fill:var(--accent-soft);stroke:var(--accent-soft);stroke-width:3.5;stroke-linejoin:round}
.point{fill:var(--card);stroke:var(--point);stroke-width:2}
.spark .point{fill:var(--point);stroke:none}.spark .given{stroke-width:1.6}
.cursor path{stroke:var(--muted);stroke-dasharray:3 3}.cursor circle{fill:var(--pick)}
.cursor[hidden]{display:none}
.legend{display:flex;flex-wrap:wrap;gap:4px 20px;font-size:.86rem;color:var(--muted);margin:4px 0 0;
padding:0;list-style:none}
.legend svg{display:inline-block;width:26px;height:12px;vertical-align:-1px;margin-right:7px}
.readout{display:block;min-height:1.6em;font-size:.9rem;font-variant-numeric:tabular-nums;
color:var(--ink);margin-top:6px}
aside{font-size:.88rem}
aside dl{display:grid;grid-template-columns:auto minmax(0,1fr);gap:5px 14px;margin:0}
aside dt{color:var(--muted)}
aside dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
aside h3:not(:first-child){margin-top:18px}
aside table{font-size:.86rem}
aside th,aside td{padding:4px 8px 4px 0}
pre{margin:0;font:12.5px/1.5 ui-monospace,"SF Mono","DejaVu Sans Mono",monospace;white-space:pre-wrap}
code{font:12.5px/1.4 ui-monospace,"SF Mono","DejaVu Sans Mono",monospace}
.sci{white-space:nowrap}sup{font-size:.72em;line-height:0}
.ok{color:var(--good);font-weight:600}
.where{width:86px;height:12px;display:inline-block;vertical-align:-1px}
.where path{stroke:var(--line);stroke-width:3;stroke-linecap:round}
.where .mid{stroke:var(--muted);stroke-width:1}.where circle{fill:var(--accent)}
.pickbox{max-height:372px;overflow:auto;border:1px solid var(--line);border-radius:8px}
.pickbox table{font-size:.86rem}
.pickbox thead th{position:sticky;top:0;background:var(--card);z-index:1}
.pickbox td,.pickbox th{padding:4px 9px}
.pickbox label{display:flex;gap:8px;align-items:center;cursor:pointer}
.pickbox input{accent-color:var(--pick);margin:0}
.pickbox tr:has(:checked){background:color-mix(in srgb,var(--pick) 12%,transparent)}
details{margin-top:14px;font-size:.9rem}
summary{cursor:pointer;color:var(--accent);width:fit-content}
details .scroll{max-height:420px;overflow:auto;margin-top:8px}
nav ul{display:flex;flex-wrap:wrap;gap:8px;list-style:none;padding:0;margin:18px 0 0}
nav a{display:block;padding:3px 12px;border:1px solid var(--line);border-radius:99px;
text-decoration:none;background:var(--card);font-size:.88rem}
footer{color:var(--muted);font-size:.86rem;padding-bottom:48px}
.skip{position:absolute;left:-999px}.skip:focus{left:12px;top:12px;background:var(--card);padding:8px}
@media (max-width:600px){figure .axis text,figure .axis .label{font-size:19px}}
@media print{.card{break-inside:avoid;box-shadow:none}.pickbox{max-height:none}nav{display:none}}
)css";

constexpr std::string_view kScript = R"js(
for (const figure of document.querySelectorAll('figure[data-cursor]')) {
  const svg = figure.querySelector('svg'), out = figure.querySelector('output');
  const data = JSON.parse(figure.querySelector('script').textContent);
  const at = svg.dataset, cursor = svg.querySelector('.cursor');
  const x0 = +at.x0, x1 = +at.x1, y0 = +at.y0, y1 = +at.y1;
  let i = 0;
  out.textContent = 'Point at the chart, or focus it and use the arrow keys, to read values.';
  const series = () => {
    const picked = figure.closest('.alts')?.querySelector('input:checked');
    return data.series[picked ? +picked.value : 0];
  };
  const show = () => {
    const s = series(), t = data.times[i], v = s.values[i];
    const x = x0 + (x1 - x0) * t / at.xmax, y = y0 + (y1 - y0) * v / at.ymax;
    cursor.removeAttribute('hidden');
    cursor.querySelector('path').setAttribute('transform', `translate(${x} 0)`);
    cursor.querySelector('circle').setAttribute('transform', `translate(${x} ${y})`);
    let near = '';
    for (const [mt, mv] of data.measured)
      if (Math.abs(mt - t) <= data.times[1] - data.times[0]) near = `; measured ${mv} at ${mt} h`;
    out.textContent = `${s.label}: ${v} \u00b1 ${s.band} ${data.unit} at ${+t.toFixed(2)} h${near}`;
  };
  svg.addEventListener('pointermove', e => {
    const box = svg.getBoundingClientRect();
    const x = (e.clientX - box.left) / box.width * svg.viewBox.baseVal.width;
    const t = (x - x0) / (x1 - x0) * at.xmax;
    i = data.times.reduce((b, v, k) => Math.abs(v - t) < Math.abs(data.times[b] - t) ? k : b, 0);
    show();
  });
  svg.setAttribute('tabindex', '0');
  svg.addEventListener('keydown', e => {
    const step = {ArrowRight: 1, ArrowLeft: -1, PageUp: 10, PageDown: -10}[e.key];
    if (e.key === 'Home') i = 0;
    else if (e.key === 'End') i = data.times.length - 1;
    else if (step) i = Math.min(data.times.length - 1, Math.max(0, i + step));
    else return;
    e.preventDefault();
    show();
  });
  figure.closest('.alts')?.addEventListener('change', show);
}
)js";

}  // namespace

std::string_view report_css() { return kStyle; }

std::string_view report_script() { return kScript; }

}  // namespace salus::client
