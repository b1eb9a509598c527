/** Which sessions pages have open: a tab that was duplicated remembers those of its original, which are not over. */

export interface OpenSessions {
  /** Whether another page had the session open when this one was loaded. */
  isElsewhere(sessionId: string): boolean;
  /** This page has the session open. */
  open(sessionId: string): void;
  /** It has it open no more. */
  close(sessionId: string): void;
}

/** Web Locks: the browser lets go of them when the page dies, however it dies. */
export class LockedSessions implements OpenSessions {
  /** Asks at once what other pages have open: the answer comes long before the first notebook has its file. */
  constructor(
    private readonly locks: Pick<LockManager, 'request' | 'query'>,
    private readonly baseUrl: string
  ) {
    locks.query().then(
      ({ held = [] }) => {
        this.others = new Set(held.map(({ name }) => name ?? ''));
      },
      () => undefined
    );
  }

  isElsewhere(sessionId: string): boolean {
    return this.others.has(this.name(sessionId));
  }

  open(sessionId: string): void {
    const closed = new Promise<void>(resolve => {
      this.closings.set(sessionId, resolve);
    });
    // Held until then, or as long as the page lives.
    this.locks.request(this.name(sessionId), () => closed).catch(() => {});
  }

  close(sessionId: string): void {
    this.closings.get(sessionId)?.();
    this.closings.delete(sessionId);
  }

  private name(sessionId: string): string {
    return `prompter:${this.baseUrl}:session:${sessionId}`;
  }

  private others: ReadonlySet<string> = new Set();
  /** What lets go of each lock. */
  private readonly closings = new Map<string, () => void>();
}

/** Where Web Locks are missing (a plain http address that is not localhost) no page sees another. */
export const UNSEEN: OpenSessions = {
  isElsewhere: () => false,
  open: () => undefined,
  close: () => undefined
};
