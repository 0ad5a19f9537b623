/** Of exported pages, light and dark as their reader has it. */
export const HTML_STYLE = `:root { color-scheme: light dark; --edge: light-dark(#d8dee4, #3d444d); --dim: light-dark(#59636e, #9198a1);
  --code: light-dark(#f6f8fa, #151b23); --bad: light-dark(#ffebe9, #3c1618); --warn: light-dark(#fff8c5, #2e2a1f); }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
section { margin: 1rem 0; }
h4 { margin: 0 0 .25rem; color: var(--dim); font-weight: 600; }
pre { margin: .25rem 0; padding: .6rem .8rem; overflow-x: auto; font: 13px/1.45 ui-monospace, monospace; border-radius: 6px; }
pre.code { background: var(--code); border: 1px solid var(--edge); }
.count { float: right; color: var(--dim); }
.output { max-width: 100%; overflow-x: auto; }
pre.stderr { background: var(--warn); }
pre.error { background: var(--bad); }
table { border-collapse: collapse; }
th, td { padding: .25rem .6rem; border: 1px solid var(--edge); text-align: left; }
blockquote { margin-left: 0; padding-left: 1rem; border-left: 3px solid var(--edge); color: var(--dim); }
.text img { max-width: 100%; }
`;
