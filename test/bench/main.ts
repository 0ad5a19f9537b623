/**
 * `npm run bench`: servelab and its peers on the same work in one run. Missed targets are shown, not failed: machines
 * differ. Exit 1 when an answer was wrong or missing or a subject died, 2 for wrong arguments.
 */
import { writeFileSync } from 'node:fs';
import { type BenchOptions, readOptions, USAGE } from './options.ts';
import { asJson, describeRun, ratioTable, subjectTable } from './report.ts';
import { runScenario } from './run-scenario.ts';
import type { ScenarioResult } from './scenario.ts';

const options = optionsOrUsage();
if (options !== null) await run(options);

function optionsOrUsage(): BenchOptions | null {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    process.exitCode = 2;
    return null;
  }
}

async function run({ scenarios, settings, jsonFile }: BenchOptions): Promise<void> {
  console.log(`${describeRun(settings)}\n`);
  const results: ScenarioResult[] = [];
  for (const scenario of scenarios) {
    try {
      const result = await runScenario(scenario, settings);
      results.push(result);
      console.log(`${subjectTable(result)}\n`);
    } catch (error) {
      console.error(`${scenario.name} is broken:`, error);
      process.exitCode = 1;
    }
  }
  console.log(ratioTable(results));
  if (jsonFile !== null) writeFileSync(jsonFile, asJson(settings, results));
}
