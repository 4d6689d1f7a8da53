/**
 * Stands in for @rc-component/util's Dom/dynamicCSS, through which antd adds all its styles. The
 * original appends <style> elements, which `style-src 'self'` blocks. Adopted style sheets are made by
 * script alone, so the policy lets them be, and no nonce is needed.
 */
interface Options {
  mark?: string;
  attachTo?: Element | ShadowRoot;
  prepend?: boolean | 'queue';
  priority?: number;
}

interface Adopted {
  sheet: CSSStyleSheet;
  css: string;
  /** Never in the document: callers only put attributes on it. */
  handle: HTMLStyleElement;
  rank: number;
}

const adopted = new Map<string, Adopted>();

function keyOf(key: string, options: Options): string {
  return `${options.mark ?? ''} ${key}`;
}

/** What is prepended comes first, by priority; within a rank the order of arrival. */
function rankOf(options: Options): number {
  return options.prepend ? (options.priority ?? 0) - 1e6 : 0;
}

function arrange(): void {
  const ours = new Set([...adopted.values()].map((entry) => entry.sheet));
  const others = document.adoptedStyleSheets.filter((sheet) => !ours.has(sheet));
  const sorted = [...adopted.values()].sort((a, b) => a.rank - b.rank);
  document.adoptedStyleSheets = [...others, ...sorted.map((entry) => entry.sheet)];
}

export function updateCSS(css: string, key: string, options: Options = {}): HTMLStyleElement | null {
  if (typeof document === 'undefined' || !('adoptedStyleSheets' in document)) {
    return null;
  }
  const name = keyOf(key, options);
  const existing = adopted.get(name);
  if (existing) {
    if (existing.css !== css) {
      existing.css = css;
      existing.sheet.replaceSync(css);
    }
    return existing.handle;
  }
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  const entry = { sheet, css, handle: document.createElement('style'), rank: rankOf(options) };
  adopted.set(name, entry);
  const last = [...adopted.values()].at(-2);
  if (last && last.rank > entry.rank) {
    arrange();
  } else {
    document.adoptedStyleSheets.push(sheet);
  }
  return entry.handle;
}

export function removeCSS(key: string, options: Options = {}): void {
  const name = keyOf(key, options);
  const entry = adopted.get(name);
  if (entry) {
    adopted.delete(name);
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== entry.sheet);
  }
}

export function injectCSS(css: string, options: Options = {}): HTMLStyleElement | null {
  return updateCSS(css, `injected ${css}`, options);
}

export function clearContainerCache(): void {
  // There are no containers.
}
