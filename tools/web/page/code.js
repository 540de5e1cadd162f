// Colours in code, by highlight.js, where the system has it (the package libjs-highlight.js): it is loaded when the
// page is there, and everything can be read without it.
const names = { cpp: 'cpp', 'c++': 'cpp', sql: 'sql', diff: 'diff', sh: 'bash', bash: 'bash', python: 'python',
  json: 'json', cmake: 'cmake', go: 'go', java: 'java', rust: 'rust' };

export function colourCode(root = document) {
  const blocks = [...root.querySelectorAll('pre > code[class^="language-"]')]
    .map((code) => [code, names[code.className.replace('language-', '')]]).filter(([, name]) => name);
  if (blocks.length === 0) return;
  load().then((highlighter) => {
    if (!highlighter) return;
    for (const [code, name] of blocks) {
      if (!highlighter.getLanguage(name)) continue;
      code.className = `language-${name} hljs`;
      (highlighter.highlightElement ?? highlighter.highlightBlock)(code);
    }
  });
}

let loading = null;
function load() {
  loading ??= new Promise((resolve) => {
    const script = document.createElement('script');
    script.src = 'assets/highlight.js';
    script.addEventListener('load', () => resolve(globalThis.hljs ?? null));
    script.addEventListener('error', () => resolve(null));
    document.head.append(script);
  });
  return loading;
}
