export default async function buildBeforeTests(): Promise<void> {}
