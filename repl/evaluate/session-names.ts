import type { CellPlace } from './cell-error.ts';
import { positionIn } from './cell-error.ts';
import { type DeclaredName, isConstant, type SessionName } from './declared.ts';
import type { Realm } from './realm.ts';
import type { Binding } from './reload.ts';

/** What cells have declared. The values are the realm's. */
export class SessionNames {
  readonly #realm: Realm;
  readonly #names = new Map<string, SessionName>();
  readonly #bindings = new Map<string, Binding>();

  constructor(realm: Realm) {
    this.#realm = realm;
  }

  list(): readonly SessionName[] {
    return [...this.#names.values()];
  }

  bindings(): readonly Binding[] {
    return [...this.#bindings.values()];
  }

  isConstant(name: string): boolean {
    const known = this.#names.get(name);
    return known !== undefined && isConstant(known.kind);
  }

  /**
   * Gives what to call when the cell has ended: of one that failed, a name that it had not come to is still what an
   * earlier cell declared.
   */
  declare(
    declared: readonly DeclaredName[],
    source: string,
    place: CellPlace,
  ): (hasFailed: boolean, imported: readonly Binding[]) => void {
    const known = declared.filter(({ name }) => this.#realm.has(name));
    const before = new Map(known.map(({ name }) => [name, this.#realm.read(name)]));
    this.#realm.declare(declared.map(({ name }) => name));
    return (hasFailed, imported) => {
      for (const { name, kind, node } of declared) {
        const isUntouched = hasFailed && Object.is(before.get(name), this.#realm.read(name));
        if (isUntouched && this.#names.has(name)) continue;
        const { line } = positionIn(source, node.start, place);
        const binding = imported.find((one) => one.name === name) ?? null;
        if (binding === null) this.#bindings.delete(name);
        else this.#bindings.set(name, binding);
        // The last one declared is the last one listed.
        this.#names.delete(name);
        this.#names.set(name, {
          name,
          kind,
          source: source.slice(node.start, node.end),
          file: place.file,
          line,
          imported: binding === null ? null : { url: binding.url, exportName: binding.exportName },
        });
      }
    };
  }
}
