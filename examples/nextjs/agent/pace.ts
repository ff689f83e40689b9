/** Factor on every pause of the scripted agent: 1 is a pace that people can follow, tests take a fraction of it. */
export const pace = Number(process.env.DEMO_PACE ?? 1)
