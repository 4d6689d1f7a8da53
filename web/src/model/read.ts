/** Reads single values out of JSON of any form. What is missing or null is null without a word; what has
 *  the wrong type is null too and is noted. */

export type Json = Record<string, unknown>;

/** Notes which fields could not be read, up to a bound: a hostile report has as many as it likes. */
export class Notes {
  readonly paths: string[] = [];

  add(path: string): void {
    if (this.paths.length < 20 && !this.paths.includes(path)) {
      this.paths.push(path);
    }
  }
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const longestText = 4096;
// C0 and C1 controls, line separators, what changes the direction of the text around it, and halves of characters.
// eslint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Text that can neither break a line nor turn the text beside it around. */
export function printable(text: string): string {
  const short = text.length > longestText ? `${text.slice(0, longestText)}…` : text;
  return short.replace(unprintable, '\ufffd');
}

export class Reader {
  constructor(
    private readonly json: Json,
    private readonly notes: Notes,
    private readonly path: string,
  ) {}

  /** The first of the names that is there and not null. */
  private find(names: readonly string[]): [unknown, string] {
    for (const name of names) {
      const value = Object.hasOwn(this.json, name) ? this.json[name] : undefined;
      if (value !== undefined && value !== null) {
        return [value, this.path === '' ? name : `${this.path}.${name}`];
      }
    }
    return [null, ''];
  }

  /** A finite number, also where it comes as text, as from nvidia-smi. */
  number(...names: string[]): number | null {
    const [value, path] = this.find(names);
    if (typeof value === 'number' && Number.isFinite(value)) {
      return value;
    }
    if (typeof value === 'string') {
      const text = value.trim();
      // The tools' own words for unknown are no error.
      if (text === '' || /^\[?(n\/a|not supported|unknown( error)?)\]?$/i.test(text)) {
        return null;
      }
      const number = Number(text.replace(/\s*(%|MiB|MB|W|C)$/i, ''));
      if (Number.isFinite(number)) {
        return number;
      }
    }
    if (value !== null) {
      this.notes.add(path);
    }
    return null;
  }

  /** As number(), but what is below 0 is no amount. */
  amount(...names: string[]): number | null {
    const value = this.number(...names);
    if (value !== null && value < 0) {
      this.notes.add(this.find(names)[1]);
      return null;
    }
    return value;
  }

  integer(...names: string[]): number | null {
    const value = this.amount(...names);
    if (value !== null && !Number.isInteger(value)) {
      this.notes.add(this.find(names)[1]);
      return null;
    }
    return value;
  }

  text(...names: string[]): string | null {
    const [value, path] = this.find(names);
    if (typeof value === 'string') {
      return value === '' ? null : printable(value);
    }
    if (typeof value === 'number') {
      return String(value);
    }
    // A command line may come as its arguments.
    if (Array.isArray(value) && value.every((part) => typeof part === 'string')) {
      return value.length === 0 ? null : printable(value.join(' '));
    }
    if (value !== null) {
      this.notes.add(path);
    }
    return null;
  }

  flag(...names: string[]): boolean | null {
    const [value, path] = this.find(names);
    if (typeof value === 'boolean') {
      return value;
    }
    if (value !== null) {
      this.notes.add(path);
    }
    return null;
  }

  object(...names: string[]): Reader {
    const [value, path] = this.find(names);
    if (value !== null && !isObject(value)) {
      this.notes.add(path);
    }
    return new Reader(isObject(value) ? value : {}, this.notes, path);
  }

  /** null when the list is missing; elements of another kind are left out and noted. */
  list<Element>(limit: number, read: (element: Reader, index: number) => Element, ...names: string[]): Element[] | null {
    const [value, path] = this.find(names);
    if (value === null) {
      return null;
    }
    if (!Array.isArray(value)) {
      this.notes.add(path);
      return null;
    }
    const elements: Element[] = [];
    for (const [index, element] of (value as unknown[]).slice(0, limit).entries()) {
      if (isObject(element)) {
        elements.push(read(new Reader(element, this.notes, `${path}[]`), index));
      } else {
        this.notes.add(`${path}[]`);
      }
    }
    return elements;
  }

  raw(...names: string[]): unknown {
    return this.find(names)[0];
  }

  note(...names: string[]): void {
    this.notes.add(this.find(names)[1]);
  }
}

/** JSON as Python's writer makes it: it has NaN and Infinity, which are null here. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const mended = text.replace(/("(?:[^"\\]|\\.)*")|-?\b(?:NaN|Infinity)\b/g, (_, quoted: string | undefined) => quoted ?? 'null');
    if (mended === text) {
      throw error;
    }
    return JSON.parse(mended) as unknown;
  }
}

/** ISO 8601 in milliseconds since 1970; without a zone it is the viewer's own time. */
export function parseTime(value: unknown): number | null {
  if (typeof value === 'number' && Number.isFinite(value)) {
    // Seconds or milliseconds: seconds reach 1e11 in the year 5138.
    return value < 1e11 ? value * 1000 : value;
  }
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d/.test(value)) {
    return null;
  }
  const time = Date.parse(value.replace(/(\.\d{3})\d+/, '$1').replace(' ', 'T'));
  return Number.isNaN(time) ? null : time;
}
