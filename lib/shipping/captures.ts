/** The variables that a function takes from around it. */
import type { Encoding } from './encoding.ts';
import { type FreeVariable, variablesOf } from './free-variables.ts';
import type { FunctionFacts } from './inspection.ts';
import { isModuleLoader } from './module-loader.ts';
import { refusal } from './refusal.ts';
import type { Capture } from './shared-variables.ts';
import type { ShippedNode, Value } from './shipment.ts';
import type { SourceFacts } from './source-facts.ts';
import { importAtPrompt } from './typed-code.ts';
import { type Binding, type Home, kindOf, resolve } from './variables.ts';
import { isWorkerGlobal } from './worker-globals.ts';

/** What the replica puts in scope of every shipped source that does not find one here. */
const PROVIDED = 'serve';

export interface Captures {
  readonly captures: Capture[];
  /** Names that mean the replica's own globals. */
  readonly globals: string[];
}

/** `isCovered`: says of a place in the source that it does not travel. */
export function encodeCaptures(
  { references }: SourceFacts,
  isCovered: (at: number) => boolean,
  facts: FunctionFacts | null,
  id: number,
  encoding: Encoding,
): Captures {
  const variables = variablesOf(references.filter(({ at }) => !isCovered(at)));
  const found: Captures = { captures: [], globals: [] };
  if (facts === null) refuseWithoutInspector(variables, id, encoding);
  else for (const variable of variables) encodeVariable(variable, facts, id, encoding, found);
  return found;
}

function encodeVariable(
  variable: FreeVariable,
  facts: FunctionFacts,
  id: number,
  encoding: Encoding,
  { captures, globals }: Captures,
): void {
  const { name, isWritten, isOptional } = variable;
  const binding = resolve(name, facts.scopes, encoding.builtIns);
  if (binding.kind === 'global') globals.push(name);
  else if (binding.kind === 'variable') {
    const value = encodeValue(name, binding, facts, id, encoding);
    captures.push({ name, value, home: binding.home, isWritten });
  } else if (binding.kind === 'absent' && name === PROVIDED) {
    captures.push({ name, value: encoding.graph.value(PROVIDED_MARK, id, name), home: null, isWritten: false });
  } else if (binding.kind !== 'absent' || !isOptional) {
    encoding.graph.refuse(refusalOf(binding), id, name);
  }
}

/** Stands for the toolkit, which every replica has. */
export const PROVIDED_MARK = Object.freeze({ serve: 'the toolkit' });

function encodeValue(
  name: string,
  { value, home }: { readonly value: unknown; readonly home: Home },
  facts: FunctionFacts,
  id: number,
  encoding: Encoding,
): Value {
  const { graph } = encoding;
  if (name === 'require' && isModuleLoader(value)) {
    graph.settle(value as object, { type: 'require', from: encoding.fileOf(facts) });
    return graph.value(value, id, name);
  }
  const { numWanted } = encoding.references;
  const reference = importOf(name, value, home, facts, encoding);
  if (reference !== null) graph.settle(value as object, reference);
  // What it is will be known the next time; until then it need not be looked into.
  return encoding.references.numWanted > numWanted ? undefined : graph.value(value, id, name);
}

/** Null for what is no import of the file. What is neither object, function nor symbol is copied like any value. */
function importOf(
  name: string,
  value: unknown,
  home: Home,
  facts: FunctionFacts,
  encoding: Encoding,
): ShippedNode | null {
  const { references, inspection, scripts, builtIns } = encoding;
  const isHolder = (typeof value === 'object' && value !== null) || typeof value === 'function';
  if ((!isHolder && typeof value !== 'symbol') || facts.place === null || inspection === null) return null;
  const file = encoding.fileOf(facts);
  const kind = kindOf(home.scopes[home.index]);
  const typed = kind === 'Script' && isHolder ? importAtPrompt(value) : null;
  if (typed !== null && builtIns.pathOf(value as object) === null) return { type: 'import', ...typed };
  const isOfFile = kind === 'Module' || (references.isCommonJs(file) && kind === 'Closure' && isOutermost(home));
  if (!isOfFile || builtIns.pathOf(value as object) !== null) return null;
  const { scriptId } = facts.place;
  const reference = references.ofImport(name, value, {
    id: scriptId,
    file,
    textOf: () => scripts.textOf(scriptId, inspection),
  });
  return reference === null ? null : { type: 'import', ...reference };
}

const isOutermost = ({ scopes, index }: Home): boolean =>
  /^(?:Script|Global)/.test(scopes[index + 1]?.description ?? '');

function refusalOf(binding: Exclude<Binding, { kind: 'global' | 'variable' }>) {
  switch (binding.kind) {
    case 'absent':
      return refusal(
        null,
        'is not defined, or is only the name of a function around it',
        'define it as a variable, or import it inside with `await import(...)`',
      );
    case 'uninitialised':
      return refusal(null, 'has no value yet', 'create the backend below its declaration');
    case 'hidden':
      return refusal(null, "stands in a 'with', which hides what names mean", 'copy it into a variable');
    case 'throws': {
      const { thrown } = binding;
      const said = thrown instanceof Error ? thrown.message : String(thrown);
      return refusal(null, `is a global whose getter throws (${said})`, 'copy its value into a variable');
    }
  }
}

/** Then the surroundings cannot be read, and a name may mean anything but the language's own. */
function refuseWithoutInspector(variables: readonly FreeVariable[], id: number, { graph }: Encoding): void {
  const names = variables.filter(({ name, isOptional }) => !isOptional && !isWorkerGlobal(name) && name !== PROVIDED);
  if (names.length === 0) return;
  const list = names.map(({ name }) => name).join(', ');
  const reason = `uses ${list} from outside its own source, which cannot be read as this Node runs without an inspector`;
  const advice = 'allow it (--allow-inspector), pass values through initArgs, or use imported(module, export)';
  graph.refuse(refusal(null, reason, advice), id);
}
