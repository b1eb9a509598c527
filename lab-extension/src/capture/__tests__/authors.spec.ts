import { describe, expect, it } from 'vitest';

import { idBytes } from '../../ids';
import { Authors, type AwarenessLike } from '../authors';
import type { TransactionLike } from '../causes';

const HERON = '11111111-1111-4111-8111-111111111111';
const WREN = '22222222-2222-4222-8222-222222222222';

/** An awareness whose states the test writes. This page is client 1. */
class Awareness implements AwarenessLike {
  readonly clientID = 1;
  readonly states = new Map<number, Record<string, unknown>>([
    [1, { user: {} }]
  ]);
  private listener: (() => void) | null = null;

  getStates(): ReadonlyMap<number, unknown> {
    return this.states;
  }

  setLocalStateField(name: string, value: unknown): void {
    this.set(1, { ...this.states.get(1), [name]: value });
  }

  on(_: 'change', listener: () => void): void {
    this.listener = listener;
  }

  off(): void {
    this.listener = null;
  }

  set(client: number, state: Record<string, unknown>): void {
    this.states.set(client, state);
    this.listener?.();
  }

  leave(client: number): void {
    this.states.delete(client);
    this.listener?.();
  }
}

const person = (participant: string | null): Record<string, unknown> => ({
  user: {},
  prompter: participant && { participant }
});

/** A change in which these clients wrote. */
const written = (...clients: number[]): TransactionLike => ({
  local: false,
  origin: null,
  beforeState: new Map([[9, 5]]),
  afterState: new Map([[9, 5], ...clients.map(each => [each, 7] as const)])
});

describe('who changes a shared notebook', () => {
  it('says whose work this page records, once', () => {
    const awareness = new Awareness();
    const authors = new Authors(awareness);
    authors.announce(HERON);
    expect(awareness.states.get(1)?.prompter).toEqual({ participant: HERON });
    authors.announce(null);
    expect(awareness.states.get(1)?.prompter).toBeNull();
  });

  it('knows the author of what was written', () => {
    const awareness = new Awareness();
    const authors = new Authors(awareness);
    awareness.set(2, person(WREN));
    expect(authors.of(written(2))).toEqual({
      author: idBytes(WREN),
      agreed: true
    });
  });

  it('knows it after that page is gone', () => {
    const awareness = new Awareness();
    const authors = new Authors(awareness);
    awareness.set(2, person(WREN));
    awareness.leave(2);
    expect(authors.of(written(2)).author).toEqual(idBytes(WREN));
  });

  it('withholds what somebody wrote whose page records nothing', () => {
    const awareness = new Awareness();
    const authors = new Authors(awareness);
    awareness.set(2, { user: {} });
    awareness.set(3, person(WREN));
    expect(authors.of(written(2))).toEqual({ author: null, agreed: false });
    expect(authors.of(written(2, 3))).toEqual({ author: null, agreed: false });
    expect(authors.of(written(3)).agreed).toBe(true);
    awareness.set(3, person(null));
    expect(authors.of(written(3))).toEqual({ author: null, agreed: false });
  });

  it('takes the server for nobody', () => {
    const awareness = new Awareness();
    const authors = new Authors(awareness);
    awareness.set(7, {});
    expect(authors.of(written(7))).toEqual({ author: null, agreed: true });
    expect(authors.of(written(8))).toEqual({ author: null, agreed: true });
  });

  it('gives a deletion to the only other person', () => {
    const awareness = new Awareness();
    const authors = new Authors(awareness);
    awareness.set(7, {});
    awareness.set(2, person(WREN));
    expect(authors.of(written()).author).toEqual(idBytes(WREN));
    awareness.set(3, person(HERON));
    expect(authors.of(written()).author).toBeNull();
    // The same person in a second page.
    awareness.set(3, person(WREN));
    expect(authors.of(written()).author).toEqual(idBytes(WREN));
  });

  it('does not trust what is no id', () => {
    const awareness = new Awareness();
    const authors = new Authors(awareness);
    awareness.set(2, person('me'));
    expect(authors.of(written(2))).toEqual({ author: null, agreed: false });
  });
});
