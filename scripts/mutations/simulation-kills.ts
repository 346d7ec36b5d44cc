/** Mutations that the simulation notices without any other test, within 200 seeds: `npm run mutate -- --simulate`. */
export const SIMULATION_KILLS: readonly string[] = [];
