from django.urls import path

from palermo.web.dossier import views

app_name = "dossier"
urlpatterns = [
    path("referrals/<str:reference>/file/", views.file, name="file"),
    path("referrals/<str:reference>/file/story/", views.story, name="story"),
    path("referrals/<str:reference>/file/<uuid:key>/", views.made, name="made"),
    path("referrals/<str:reference>/file/<uuid:key>/download/", views.download, name="download"),
]
