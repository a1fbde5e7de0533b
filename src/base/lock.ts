/** Runs asynchronous sections with the same key one at a time, in order. */
export class KeyedLock<K> {
  readonly #tails = new Map<K, Promise<void>>();

  /** Runs `section` after all earlier sections of `key`; settles as it does. */
  async run<T>(key: K, section: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const result = before.then(section);
    const tail = result.then(
      () => {},
      () => {},
    );
    this.#tails.set(key, tail);
    try {
      return await result;
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }
}
