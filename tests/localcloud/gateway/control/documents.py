"""OpenAPI documents that tests import."""


def clicks(role, title="clicks"):
    """An API that puts a click into a stream, with all that a real one has: models, validators, a key, CORS, own refusals."""
    origin = {"method.response.header.Access-Control-Allow-Origin": "'*'"}
    header = {"Access-Control-Allow-Origin": {"schema": {"type": "string"}}}
    return {
        "openapi": "3.0.1",
        "info": {"title": title, "description": "Takes clicks", "version": "1.0"},
        "x-amazon-apigateway-request-validators": {
            "all": {"validateRequestBody": True, "validateRequestParameters": True},
            "none": {"validateRequestBody": False, "validateRequestParameters": False},
        },
        "x-amazon-apigateway-request-validator": "all",
        "x-amazon-apigateway-api-key-source": "HEADER",
        "x-amazon-apigateway-gateway-responses": {
            "BAD_REQUEST_BODY": {
                "statusCode": 422,
                "responseParameters": {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"},
                "responseTemplates": {"application/json": '{"problem": "$context.error.validationErrorString"}'},
            }
        },
        "paths": {
            "/poc": {
                "post": {
                    "operationId": "putClick",
                    "security": [{"api_key": []}],
                    "parameters": [{"name": "source", "in": "query", "required": True, "schema": {"type": "string"}}],
                    "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Click"}}}},
                    "responses": {"200": {"description": "taken", "headers": header}, "502": {"description": "refused", "headers": header}},
                    "x-amazon-apigateway-integration": {
                        "type": "aws",
                        "httpMethod": "POST",
                        "uri": "arn:aws:apigateway:us-east-1:firehose:action/PutRecord",
                        "credentials": role,
                        "passthroughBehavior": "never",
                        "requestParameters": {"integration.request.header.Content-Type": "'application/x-amz-json-1.1'"},
                        "requestTemplates": {"application/json": '{"DeliveryStreamName": "$stageVariables.stream"}'},
                        "responses": {
                            "default": {"statusCode": "200", "responseParameters": origin, "responseTemplates": {"application/json": "{}"}},
                            "[45]\\d\\d": {"statusCode": "502", "responseParameters": origin},
                        },
                    },
                },
                "options": {
                    "x-amazon-apigateway-request-validator": "none",
                    "responses": {"204": {"description": "allowed", "headers": header}},
                    "x-amazon-apigateway-integration": {
                        "type": "mock",
                        "requestTemplates": {"application/json": '{"statusCode": 204}'},
                        "responses": {"default": {"statusCode": "204", "responseParameters": origin}},
                    },
                },
            },
            "/poc/batch": {
                "post": {
                    "security": [{"api_key": []}],
                    "requestBody": {
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["clicks"],
                                    "properties": {"clicks": {"type": "array", "items": {"$ref": "#/components/schemas/Click"}}},
                                }
                            }
                        }
                    },
                    "responses": {"200": {"description": "taken"}},
                    "x-amazon-apigateway-integration": {
                        "type": "aws",
                        "httpMethod": "POST",
                        "uri": "arn:aws:apigateway:us-east-1:firehose:action/PutRecordBatch",
                        "credentials": role,
                        "responses": {"default": {"statusCode": "200"}},
                    },
                }
            },
        },
        "components": {
            "schemas": {
                "Click": {
                    "type": "object",
                    "required": ["element_clicked", "time_spent"],
                    "additionalProperties": False,
                    "properties": {
                        "element_clicked": {"type": "string", "minLength": 1, "maxLength": 200, "example": "menu"},
                        "time_spent": {"type": "integer", "minimum": 0, "maximum": 86400},
                    },
                }
            },
            "securitySchemes": {"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}},
        },
    }


def swagger(role):
    """The same kind of API in Swagger 2.0, in YAML."""
    return f"""
swagger: "2.0"
info: {{title: old clicks, version: "7"}}
basePath: /base
consumes: [application/json]
produces: [application/json]
securityDefinitions:
  api_key: {{type: apiKey, name: x-api-key, in: header}}
  signed: {{type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: awsSigv4}}
security: [{{api_key: []}}]
paths:
  /things/{{thing}}:
    parameters:
      - {{name: thing, in: path, required: true, type: string}}
    x-amazon-apigateway-any-method:
      security: [{{signed: []}}]
      parameters:
        - {{name: body, in: body, schema: {{$ref: "#/definitions/Thing"}}}}
      responses:
        "200": {{description: good, schema: {{$ref: "#/definitions/Thing"}}}}
        default: {{description: else}}
      x-amazon-apigateway-integration:
        type: http_proxy
        httpMethod: ANY
        uri: http://example.invalid/{{thing}}
        requestParameters: {{integration.request.path.thing: method.request.path.thing}}
  /calls:
    get:
      responses: {{"200": {{description: good}}}}
      x-amazon-apigateway-integration:
        type: aws
        httpMethod: POST
        uri: arn:aws:apigateway:us-east-1:firehose:action/ListDeliveryStreams
        credentials: {role}
        responses: {{default: {{statusCode: 200}}}}
definitions:
  Thing: {{type: object, properties: {{name: {{type: string}}, inner: {{$ref: "#/definitions/Part"}}}}}}
  Part: {{type: object, nullable: true}}
"""
