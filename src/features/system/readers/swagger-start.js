window.SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  // Open, they are more than a browser lays out at once.
  docExpansion: 'none',
  deepLinking: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
})
