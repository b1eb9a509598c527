/** Keeps errors of ours away from JupyterLab. */

const told = new Set<string>();

/** Tell of an error, once per place. */
export function tell(place: string, error: unknown): void {
  if (!told.has(place)) {
    told.add(place);
    console.warn(`Prompter could not capture (${place}):`, error);
  }
}

/** Run `act`; an error is caught and told. Returns undefined then. */
export function guarded<T>(place: string, act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    tell(place, error);
    return undefined;
  }
}
