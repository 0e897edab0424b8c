/** State that ends with the process: for tests. */

import type { Collection, Documents, State, StateStore } from './state';

export function memoryStore(): StateStore {
  const state = new MemoryState();
  return { run: async (work) => work(state) };
}

class MemoryState implements State {
  private readonly documents = new Map<string, string>();
  private readonly bytes = new Map<string, Buffer>();

  read<C extends Collection>(collection: C, id: string): Documents[C] | undefined {
    const text = this.documents.get(`${collection}/${id}`);
    // Kept as text, so that what a handler changes is only stored when it says so, as on disk.
    return text === undefined ? undefined : (JSON.parse(text) as Documents[C]);
  }

  write<C extends Collection>(collection: C, id: string, document: Documents[C]): void {
    this.documents.set(`${collection}/${id}`, JSON.stringify(document));
  }

  remove(collection: Collection, id: string): void {
    this.documents.delete(`${collection}/${id}`);
  }

  list<C extends Collection>(collection: C): Documents[C][] {
    return [...this.documents]
      .filter(([key]) => key.startsWith(`${collection}/`))
      .map(([, text]) => JSON.parse(text) as Documents[C]);
  }

  readBytes(sha256: string): Buffer {
    const bytes = this.bytes.get(sha256);
    if (bytes === undefined) throw new Error(`no bytes with SHA-256 ${sha256}`);
    return bytes;
  }

  writeBytes(sha256: string, bytes: Buffer): void {
    this.bytes.set(sha256, bytes);
  }
}
