/** Fixed names, as the registry's are: a system's pods let it in before it is there. */
export const MONITORING_NAMESPACE = "guildnet-monitoring";
/** The pod that gathers figures, keeps them, and looks whether something is wrong. */
export const MONITORING_APP = "monitoring";
/** The pods, one on each node, that tell the node's own figures. */
export const NODE_APP = "node-exporter";
