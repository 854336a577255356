export { type LiveNode, type NodeOptions, SOFTWARE, startNode } from './app.ts'
export { fsck } from './fsck.ts'
