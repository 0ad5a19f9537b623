import type { Place } from './inspection.ts';
import type { FunctionNode, SharedVariable, Value } from './shipment.ts';
import { type Home, kindOf } from './variables.ts';

export interface Capture {
  readonly name: string;
  readonly value: Value;
  /** Null: a name of ours. */
  readonly home: Home | null;
  readonly isWritten: boolean;
}

/** A function that travels by value, until it is known which of its variables others share. */
export class FunctionUse {
  readonly target: object;
  readonly place: Place | null;
  /** Of `place`; a CommonJS file's own variables are in a function around it. */
  readonly isCommonJs: boolean;
  readonly captures: Capture[];
  /** Names that mean the replica's own globals. */
  readonly globals: readonly string[];
  readonly #draft: Omit<FunctionNode, 'captures' | 'within'>;
  readonly #shared = new Set<string>();
  /** The innermost of the shared variables that it uses. */
  #within: number | null = null;

  constructor(
    target: object,
    script: { readonly place: Place | null; readonly isCommonJs: boolean },
    variables: { readonly captures: Capture[]; readonly globals: readonly string[] },
    draft: Omit<FunctionNode, 'captures' | 'within'>,
  ) {
    this.target = target;
    this.place = script.place;
    this.isCommonJs = script.isCommonJs;
    this.captures = variables.captures;
    this.globals = variables.globals;
    this.#draft = draft;
  }

  get within(): number | null {
    return this.#within;
  }

  share(names: Iterable<string>, within: number): void {
    for (const name of names) this.#shared.add(name);
    this.#within = within;
  }

  finish(): FunctionNode {
    const own = this.captures.filter(({ name }) => !this.#shared.has(name));
    return {
      ...this.#draft,
      captures: own.map(({ name, value }) => [name, value] as const),
      within: this.#within,
    };
  }
}

/** One variable that several functions use and at least one of them assigns to. */
interface Slot {
  readonly name: string;
  readonly value: Value;
  /** Scopes around it. */
  readonly depth: number;
  readonly users: ReadonlySet<FunctionUse>;
}

/** Of several functions that captured a variable of one name, those that share it; null: that cannot be told. */
export type Tell = (name: string, users: readonly FunctionUse[]) => readonly (readonly FunctionUse[])[] | null;

/**
 * The variables that functions share, which only one binding can keep shared; what nobody assigns to may as well be
 * copied. Tells the functions which are theirs. Each variable is inside those that its users find further out.
 */
export function shareVariables(uses: readonly FunctionUse[], tell: Tell): readonly SharedVariable[] {
  const slots = findSlots(uses, tell).sort((a, b) => a.depth - b.depth || (a.name < b.name ? -1 : 1));
  const around = nest(slots);
  const numberOf = (slot: Slot | null | undefined): number | null => (slot ? slots.indexOf(slot) : null);
  for (const use of uses) {
    const own = slots.filter(({ users }) => users.has(use));
    const innermost = numberOf(own[own.length - 1]);
    if (innermost !== null)
      use.share(
        own.map(({ name }) => name),
        innermost,
      );
  }
  return slots.map((slot) => ({ name: slot.name, value: slot.value, within: numberOf(around.get(slot)) }));
}

/** The names that a function finds in the shared variables around it, its own or not. */
export function namesAround(variables: readonly SharedVariable[], within: number | null): string[] {
  const names: string[] = [];
  for (let at = within; at !== null; ) {
    const variable: SharedVariable | undefined = variables[at];
    names.push(variable?.name ?? '');
    at = variable?.within ?? null;
  }
  return names;
}

function findSlots(uses: readonly FunctionUse[], tell: Tell): Slot[] {
  const captures = uses.flatMap((use) =>
    use.captures.flatMap((capture) => (capture.home === null ? [] : [{ use, capture }])),
  );
  const slots: Slot[] = [];
  for (const [name, all] of Map.groupBy(captures, ({ capture }) => capture.name)) {
    if (all.length < 2 || !all.some(({ capture }) => capture.isWritten)) continue;
    const groups =
      tell(
        name,
        all.map(({ use }) => use),
      ) ?? [];
    for (const group of groups) {
      const found = all.filter(({ use }) => group.includes(use));
      const first = found[0]?.capture;
      if (found.length < 2 || !first?.home || !found.some(({ capture }) => capture.isWritten)) continue;
      const depth = first.home.scopes.length - first.home.index;
      slots.push({ name, value: first.value, depth, users: new Set(group) });
    }
  }
  return slots;
}

/** The variable next around each. Scopes are a tree: what a user of an inner one finds further out is around it for all. */
function nest(slots: readonly Slot[]): ReadonlyMap<Slot, Slot | undefined> {
  const haveUser = (a: Slot, b: Slot): boolean => [...a.users].some((use) => b.users.has(use));
  const outerOf = slots.map((slot, at) => new Set(slots.slice(0, at).filter((outer) => haveUser(outer, slot))));
  const around = new Map<Slot, Slot | undefined>();
  for (const [at, slot] of [...slots.entries()].reverse()) {
    const outer = slots.filter((other) => outerOf[at]?.has(other));
    const next = outer.pop();
    around.set(slot, next);
    for (const other of outer) outerOf[slots.indexOf(next as Slot)]?.add(other);
  }
  return around;
}

/** Whether a scope is the only one of its kind: of a realm, a module, a CommonJS file. */
export function isOneOfItsKind({ scopes, index }: Home, isCommonJs: boolean): boolean {
  const kind = kindOf(scopes[index]);
  if (kind === 'Script' || kind === 'Global' || kind === 'Module') return true;
  const around = kindOf(scopes[index + 1]);
  return isCommonJs && (around === 'Script' || around === 'Global');
}
