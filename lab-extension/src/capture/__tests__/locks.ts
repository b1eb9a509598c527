/** Locks as a browser gives them to all pages of an origin. */
export class Locks implements Pick<LockManager, 'request' | 'query'> {
  readonly held = new Set<string>();

  async request<T>(
    name: string,
    options: LockOptions | LockGrantedCallback<T>,
    work?: LockGrantedCallback<T>
  ): Promise<Awaited<T>> {
    const grant = work ?? (options as LockGrantedCallback<T>);
    this.held.add(name);
    try {
      return await grant({ name, mode: 'exclusive' });
    } finally {
      this.held.delete(name);
    }
  }

  query(): Promise<LockManagerSnapshot> {
    const held = [...this.held].map(name => ({ name }));
    return Promise.resolve({ held });
  }
}
