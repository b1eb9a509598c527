import { beforeEach, describe, expect, it } from 'vitest';

import { ConsentGate, StoredConsents } from '../consent';
import { FakeNotes } from './fakes';

const ME = 'me';
const TEXT = { version: 'v1', text: { en: 'Do you agree?' } };

let memory: StoredConsents;

beforeEach(() => {
  memory = new StoredConsents(new FakeNotes(), 'consent:');
});

function gate(needed = 'v1'): ConsentGate {
  return new ConsentGate(needed, memory);
}

function welcome(
  to: ConsentGate,
  given: boolean,
  version = 'v1',
  participant = ME
): boolean {
  const at = given ? 5 : null;
  const consent = { ...TEXT, version, given, given_at: at };
  return to.welcomed(consent, participant, 'study');
}

describe('the gate', () => {
  it('is open where no text asks for anything', () => {
    expect(gate('').open).toBe(true);
  });

  it('is shut until the server tells, and opens for who has agreed', () => {
    const page = gate();
    expect(page.status).toMatchObject({ stage: 'unknown', text: null });
    expect(page.agree(1)).toBeNull();
    welcome(page, true);
    expect(page.status).toMatchObject({ stage: 'given', at: 5 });
  });

  it('is open at once in the next page, until the server says otherwise', () => {
    welcome(gate(), true);
    const next = gate();
    expect(next.open).toBe(true);
    welcome(next, false);
    expect(next.status.stage).toBe('asked');
  });

  it('asks once: who says not now is not asked again by a reconnection', () => {
    const page = gate();
    welcome(page, false);
    page.decline();
    welcome(page, false);
    expect(page.status.stage).toBe('declined');
    expect(page.agree(7)).toBe('v1');
    expect(page.open).toBe(true);
  });

  it('believes the person before a server that has not heard them yet', () => {
    const page = gate();
    welcome(page, false);
    page.agree(7);
    welcome(page, false);
    page.told(false);
    expect(page.open).toBe(true);
    page.told(true);
    expect(page.pending).toBeNull();
    page.withdraw(8);
    welcome(page, true);
    page.told(true);
    expect(page.status.stage).toBe('withdrawn');
    page.told(false);
    expect(page.pending).toBeNull();
  });

  it('says a withdrawal again that died with its page, but not one that was heard', () => {
    const page = gate();
    welcome(page, true);
    page.withdraw(8);
    const next = gate();
    expect(next.open).toBe(false);
    expect(welcome(next, true)).toBe(true);
    expect(next.pending).toBe('withdrawn');
    next.told(false);
    // Agreed to again in another browser.
    const later = gate();
    expect(welcome(later, true)).toBe(false);
    expect(later.open).toBe(true);
  });

  it('shuts when another page of the person withdraws, by the server or by the browser', () => {
    const one = gate();
    const two = gate();
    welcome(one, true);
    welcome(two, true);
    one.withdraw(8);
    expect(two.recall()).toBe(true);
    expect(two.open).toBe(false);
    const three = gate('v1');
    welcome(three, false);
    expect(three.status.stage).toBe('withdrawn');
  });

  it('takes another text for another question', () => {
    const page = gate();
    welcome(page, true);
    welcome(page, false, 'v2');
    expect(page.status.stage).toBe('asked');
    expect(page.agree(9)).toBe('v2');
  });

  it('asks about another text whatever was said of the first', () => {
    for (const answer of ['decline', 'withdraw'] as const) {
      memory = new StoredConsents(new FakeNotes(), 'consent:');
      const page = gate();
      welcome(page, false);
      page[answer](3);
      welcome(page, false, 'v2');
      expect(page.status.stage).toBe('asked');
      expect(page.pending).toBeNull();
    }
  });

  it('takes nothing that another person said', () => {
    welcome(gate(), true);
    const page = gate();
    welcome(page, false, 'v1', 'somebody else');
    expect(page.status.stage).toBe('asked');
  });

  it('does without a storage that is forbidden or holds rubbish', () => {
    const notes = new FakeNotes();
    notes.setItem('consent:v1', '{"said": 3}');
    expect(new StoredConsents(notes, 'consent:').read('v1')).toBeNull();
    const page = new ConsentGate('v1', new StoredConsents(null, ''));
    welcome(page, true);
    expect(page.open).toBe(true);
  });
});
