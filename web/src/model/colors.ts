/** A colour for each host: the same on every visit, and another one than its neighbours' as long as there
 *  are enough. */

/** Hues that lie far enough apart to be told from each other; what is drawn adds lightness by theme. */
export const hues = [222, 12, 150, 280, 40, 190, 330, 95, 255, 60, 172, 305, 205, 25, 125, 350] as const;

export function hashOf(name: string): number {
  // FNV-1a over UTF-16 units.
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

/** Keeps who has which hue. A new host takes the hue of its name's hash, or the next one that fewest have. */
export class HostColors {
  private readonly taken = new Map<string, number>();

  constructor(known: Readonly<Record<string, number>> = {}) {
    for (const [name, slot] of Object.entries(known)) {
      if (Number.isInteger(slot) && slot >= 0 && slot < hues.length) {
        this.taken.set(name, slot);
      }
    }
  }

  /** Returns whether any was new. */
  assign(names: readonly string[]): boolean {
    const fresh = names.filter((name) => !this.taken.has(name)).sort();
    for (const name of fresh) {
      this.taken.set(name, this.freeSlot(hashOf(name) % hues.length));
    }
    return fresh.length > 0;
  }

  hue(name: string): number {
    return hues[this.taken.get(name) ?? hashOf(name) % hues.length] ?? hues[0];
  }

  /** To be kept; bounded, the oldest go. */
  known(): Record<string, number> {
    return Object.fromEntries([...this.taken].slice(-1000));
  }

  private freeSlot(first: number): number {
    const uses = new Array<number>(hues.length).fill(0);
    for (const slot of this.taken.values()) {
      uses[slot] = (uses[slot] ?? 0) + 1;
    }
    const least = Math.min(...uses);
    for (let step = 0; step < hues.length; step += 1) {
      const slot = (first + step) % hues.length;
      if (uses[slot] === least) {
        return slot;
      }
    }
    return first;
  }
}
