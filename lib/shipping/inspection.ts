/** What V8 tells of functions and objects beyond what JavaScript shows: scopes, places, private state. */
import type { Debugger, Runtime, Session } from 'node:inspector';

/** Lines and columns from 0. */
export interface Place {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

export interface Scope {
  /** As V8 calls it: 'Closure (makeCounter)', 'Block', 'Module', 'Script', 'Global' … */
  readonly description: string;
  /** Its variables, as they are now; to read one that has no value yet throws. 'Global' is the global object itself. */
  readonly object: object;
}

export interface FunctionFacts {
  /** Null for a function without source. */
  readonly place: Place | null;
  /** The innermost first. */
  readonly scopes: readonly Scope[];
}

export interface BoundParts {
  readonly target: unknown;
  readonly self: unknown;
  readonly args: readonly unknown[];
}

/** Node's types leave the private ones out. */
interface Properties extends Runtime.GetPropertiesReturnType {
  readonly privateProperties?: readonly { readonly name: string; readonly value?: Runtime.RemoteObject }[];
}

interface Bridge {
  value: unknown;
  take(value: unknown): void;
}

const GROUP = 'servelab-shipping';
const KEY = Symbol.for(`${GROUP}:bridge`);
const GIVE = 'function () { return this.value }';
const TAKE = 'function (value) { this.take(value) }';

/**
 * A session of the thread's own: it answers synchronously and leaves an attached debugger as it is. Values cross by a
 * bridge, an object that both sides know. What it hands out are strong references, until it is closed.
 */
export class Inspection {
  readonly #session: Session;
  readonly #bridge: Bridge = {
    value: undefined,
    take: (value) => {
      this.#taken = value;
    },
  };
  readonly #bridgeId: string;
  #taken: unknown;

  /** Null where Node was built without the inspector or forbids it (`--permission`). */
  static open(): Inspection | null {
    let session: Session;
    try {
      session = new (process.getBuiltinModule('node:inspector').Session)();
      session.connect();
    } catch {
      return null;
    }
    return new Inspection(session);
  }

  private constructor(session: Session) {
    this.#session = session;
    this.#bridgeId = this.#findBridge();
  }

  close(): void {
    this.#post('Runtime.releaseObjectGroup', { objectGroup: GROUP });
    this.#session.disconnect();
  }

  factsOf(target: object): FunctionFacts {
    const internal = this.#properties(target).internalProperties;
    const place = partOf(internal, '[[FunctionLocation]]')?.value;
    const scopesId = partOf(internal, '[[Scopes]]')?.objectId;
    const scopes = scopesId === undefined ? [] : (this.#hand({ objectId: scopesId }) as ArrayLike<Scope>);
    return { place: isPlace(place) ? place : null, scopes: Array.from(scopes) };
  }

  /** Null for what `bind` did not make. */
  boundPartsOf(target: object): BoundParts | null {
    const internal = this.#properties(target).internalProperties;
    const of = (name: string): unknown => this.#hand(partOf(internal, name));
    const args = partOf(internal, '[[BoundArgs]]');
    if (args === null) return null;
    return {
      target: of('[[TargetFunction]]'),
      self: of('[[BoundThis]]'),
      args: Array.from(this.#hand(args) as ArrayLike<unknown>),
    };
  }

  /** The private fields and methods that an object carries, by name with `#`; of a class, its static ones. */
  privateStateOf(target: object): ReadonlyMap<string, unknown> {
    const found = this.#properties(target).privateProperties ?? [];
    return new Map(found.map(({ name, value }) => [name, this.#hand(value ?? null)]));
  }

  /** The names of own properties that are no indices: quick also where there are millions of those. */
  namedKeysOf(target: object): string[] {
    const { result } = this.#properties(target, true);
    return result.filter(({ symbol }) => symbol === undefined).map(({ name }) => name);
  }

  /** Every script that is loaded; what `scriptId` says of its text comes with it. It takes V8 a while to list them. */
  withScripts<Result>(
    read: (scripts: readonly Debugger.ScriptParsedEventDataType[], textOf: (scriptId: string) => string) => Result,
  ): Result {
    const scripts: Debugger.ScriptParsedEventDataType[] = [];
    const listen = ({ params }: { params: Debugger.ScriptParsedEventDataType }): void => void scripts.push(params);
    this.#session.on('Debugger.scriptParsed', listen);
    this.#post('Debugger.enable');
    try {
      return read(scripts, (scriptId) => {
        return (
          this.#post<Debugger.GetScriptSourceReturnType>('Debugger.getScriptSource', { scriptId })?.scriptSource ?? ''
        );
      });
    } finally {
      this.#post('Debugger.disable');
      this.#session.off('Debugger.scriptParsed', listen);
    }
  }

  /** The inspector takes values by expression only, so the bridge is a global for a moment, under a name of its own. */
  #findBridge(): string {
    Object.defineProperty(globalThis, KEY, { value: this.#bridge, configurable: true });
    try {
      const expression = `globalThis[Symbol.for('${GROUP}:bridge')]`;
      const found = this.#post<Runtime.EvaluateReturnType>('Runtime.evaluate', {
        expression,
        objectGroup: GROUP,
        silent: true,
      });
      return found?.result.objectId ?? '';
    } finally {
      Reflect.deleteProperty(globalThis, KEY);
    }
  }

  #properties(target: object, nonIndexedPropertiesOnly = false): Properties {
    this.#bridge.value = target;
    const objectId = this.#call(GIVE, []) ?? '';
    this.#bridge.value = undefined;
    const given = { objectId, ownProperties: true, nonIndexedPropertiesOnly };
    return this.#post<Properties>('Runtime.getProperties', given) ?? { result: [] };
  }

  /** A value as the inspector describes it, as itself. */
  #hand(described: Runtime.RemoteObject | { readonly objectId: string } | null): unknown {
    if (described === null) return undefined;
    const { objectId, value, unserializableValue } = described as Runtime.RemoteObject;
    const argument =
      objectId !== undefined
        ? { objectId }
        : unserializableValue !== undefined
          ? { unserializableValue }
          : value !== undefined
            ? { value }
            : {};
    this.#call(TAKE, [argument]);
    const taken = this.#taken;
    this.#taken = undefined;
    return taken;
  }

  #call(functionDeclaration: string, args: readonly Runtime.CallArgument[]): string | undefined {
    const given = { functionDeclaration, objectId: this.#bridgeId, arguments: [...args], objectGroup: GROUP };
    return this.#post<Runtime.CallFunctionOnReturnType>('Runtime.callFunctionOn', given)?.result.objectId;
  }

  /** Its answers come before it returns. */
  #post<Answer>(method: string, given: object = {}): Answer | undefined {
    let answer: unknown;
    this.#session.post(method, given, (_error, found) => {
      answer = found;
    });
    return answer as Answer | undefined;
  }
}

const partOf = (
  properties: readonly Runtime.InternalPropertyDescriptor[] | undefined,
  name: string,
): Runtime.RemoteObject | null => properties?.find((property) => property.name === name)?.value ?? null;

const isPlace = (value: unknown): value is Place =>
  typeof value === 'object' && value !== null && 'scriptId' in value && 'lineNumber' in value;
