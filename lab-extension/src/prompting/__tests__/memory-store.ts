import type { TextStore } from '../kept';

/** A browser's storage in memory. */
export class MemoryStore implements TextStore {
  readonly texts = new Map<string, string>();

  get length(): number {
    return this.texts.size;
  }
  key(index: number): string | null {
    return [...this.texts.keys()][index] ?? null;
  }
  getItem(key: string): string | null {
    return this.texts.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.texts.set(key, value);
  }
  removeItem(key: string): void {
    this.texts.delete(key);
  }
}

/** A storage that refuses everything, as a full or forbidden one does. */
export class RefusingStore implements TextStore {
  get length(): number {
    throw new Error('forbidden');
  }
  key(): string | null {
    throw new Error('forbidden');
  }
  getItem(): string | null {
    throw new Error('forbidden');
  }
  setItem(): void {
    throw new Error('full');
  }
  removeItem(): void {
    throw new Error('forbidden');
  }
}
