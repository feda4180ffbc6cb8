// The resources of template files as stacks of the CDK: node app.js FILE, a JSON object {stack: {"Resources": …}}.
const fs = require("fs");
const path = require("path");

const modules = path.join(process.env.CDK_MODULES, "node_modules");
const cdk = require(path.join(modules, "aws-cdk-lib"));

const app = new cdk.App();
for (const [name, template] of Object.entries(JSON.parse(fs.readFileSync(process.argv[2], "utf8")))) {
  // Without a bootstrapped account: what is needed for that is no part of the resources.
  const stack = new cdk.Stack(app, name, { synthesizer: new cdk.LegacyStackSynthesizer(), analyticsReporting: false });
  const made = {};
  for (const [id, resource] of Object.entries(template.Resources)) {
    made[id] = new cdk.CfnResource(stack, id, { type: resource.Type, properties: resource.Properties });
    if (resource.DependsOn) made[id].addResourceDependency(made[resource.DependsOn]);
  }
}
app.synth();
